namespace Orleans.Kpl.LocalKinesis.Store;

/// <summary>Wall time that never goes back: where the provider's clock stood at the start, plus its monotonic time since.</summary>
internal sealed class EndpointClock(TimeProvider provider)
{
    private readonly long _startTicks = provider.GetUtcNow().UtcTicks;
    private readonly long _startTimestamp = provider.GetTimestamp();

    public TimeProvider Provider => provider;

    /// <summary>UTC ticks.</summary>
    public long NowTicks => _startTicks + provider.GetElapsedTime(_startTimestamp).Ticks;

    public static long ToUnixMilliseconds(long utcTicks) => (utcTicks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMillisecond;
}
