namespace Orleans.Kpl.Silos.Membership;

/// <summary>When this silo's process began to count, and whether the silo is leaving.</summary>
internal sealed class SiloState(TimeProvider time)
{
    private volatile bool _isDraining;

    public DateTimeOffset At { get; } = time.GetUtcNow();

    public bool IsDraining => _isDraining;

    public void Drain() => _isDraining = true;
}
