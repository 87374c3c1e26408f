using Orleans.Kpl.Pipeline.Rates;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Limiting;

namespace Orleans.Kpl.Pipeline.Watching;

/// <summary>A bucket that is filled at a rate which goes down while Kinesis throttles the shard because of other writers. Its shard's lock guards it.</summary>
/// <param name="engine">The shard's engine, whose watch knows what was delivered; null where nothing does.</param>
internal sealed class AdaptiveBucket(ShardLimits limits, long now, ShardEngine? engine = null) : TokenBucket(limits, now)
{
    /// <summary>The share of the rates that is used.</summary>
    public AdaptiveRate Rate { get; } = new();

    public override bool TryTake(long now, long bytes)
    {
        if (Rate.IsReduced && engine?.Watch is EngineWatch watch)
            watch.Horizon.Share = Rate.Rate(now);
        if (!base.TryTake(now, bytes))
            return false;
        // Kinesis has such a debt, too: this producer itself causes the throttles while it lasts.
        var debt = -Level.Bytes / Limits.BytesPerTick;
        if (debt > TimeSpan.TicksPerSecond)
            Rate.MaskUntil(now + (long)debt);
        return true;
    }

    /// <summary>Lowers the rate, if need be, after Kinesis throttled the shard in the answer to a request that began at that instant.</summary>
    public void OnThrottled(long now, long requestStartedAt)
    {
        Refill(now);
        Rate.OnThrottled(now, requestStartedAt, engine?.Watch is EngineWatch { Load: { } load } && load.TookNearlyAll(now));
    }

    protected override double Earned(long from, long to) => Rate.Earned(from, to);

    protected override long WhenEarned(long now, double ticks) => Rate.WhenEarned(now, ticks);
}

/// <summary>The rate of an engine, and what lowers it.</summary>
internal static class EngineRate
{
    extension(ShardEngine engine)
    {
        /// <summary>The share of the shard's rate that is used; null where it is always the whole one. Guarded by the engine's lock.</summary>
        public AdaptiveRate? Rate => (engine.Tokens as AdaptiveBucket)?.Rate;
    }
}
