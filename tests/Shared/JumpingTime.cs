namespace Orleans.Kpl.Testing;

/// <summary>The system's time, of which the wall clock can be set; what is monotonic goes on.</summary>
internal sealed class JumpingTime : TimeProvider
{
    private long _ticks;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddTicks(Interlocked.Read(ref _ticks));

    /// <summary>Somebody sets the clock.</summary>
    public void Jump(TimeSpan by) => Interlocked.Add(ref _ticks, by.Ticks);
}
