namespace Orleans.Kpl.LocalKinesis.Store;

/// <summary>The facts about the endpoint that its streams and shards need.</summary>
internal sealed class StoreSettings(LocalKinesisOptions options, EndpointClock clock, Retention retention)
{
    private volatile ReshardTiming _reshards = options.Reshards;

    public LocalKinesisOptions Options => options;
    public EndpointClock Clock => clock;
    public Retention Retention => retention;
    public AccountSettings Account { get; } = new();
    public ArrivalJitter Jitter { get; } = new(options.ArrivalJitter, options.Seed);

    /// <summary>How the next reshard goes.</summary>
    public ReshardTiming Reshards { get => _reshards; set => _reshards = value; }
}

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

/// <summary>
/// Shifts the instant at which a call counts as arriving at the shard limits by 0 to a maximum, as a network would, without
/// delaying its answer. The sequence of shifts follows from the seed alone.
/// </summary>
internal sealed class ArrivalJitter(TimeSpan maximum, int seed)
{
    private readonly ulong _range = (ulong)maximum.Ticks;
    private long _draws;

    public long NextTicks()
    {
        if (_range == 0) return 0;
        return (long)Math.BigMul(SplitMix.At((ulong)seed, Interlocked.Increment(ref _draws)), _range + 1, out _);
    }
}

/// <summary>SplitMix64: a counter through a good mixer, so that calls need no lock.</summary>
internal static class SplitMix
{
    public static ulong At(ulong seed, long count)
    {
        var z = unchecked(seed * 0xD1342543DE82EF95UL + (ulong)count * 0x9E3779B97F4A7C15UL);
        z = unchecked((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL);
        z = unchecked((z ^ (z >> 27)) * 0x94D049BB133111EBUL);
        return z ^ (z >> 31);
    }
}
