namespace Orleans.Kpl.Pipeline.Road.Limiting;

/// <summary>
/// A shard's two limits, records and bytes, as one bucket. A record may start when both levels are enough for it or full (half full
/// where one is under way at a time). A record larger than the bucket takes the level below zero: this debt delays its own shard only. It is filled at a
/// rate that goes down while Kinesis throttles the shard because of other writers.
/// </summary>
/// <remarks>
/// Never lets through more than rate × time + capacity + one record. Not thread-safe: its shard's lock guards it.
/// </remarks>
/// <param name="limits">Rates and capacities.</param>
/// <param name="rate">The share of the rates that is used; null for all of them.</param>
internal sealed class TokenBucket(ShardLimits limits, long now, RateShare? rate = null)
{
    // Adding up fractions may lose this much. Without it a wake-up at the exact instant could find a fraction of a token missing.
    private const double Rounding = 1e-6;

    private double _records = limits.RecordCapacity;
    private double _bytes = Math.Min(limits.ByteCapacity, limits.StartBytes);
    private long _at = now;

    public ShardLimits Limits => limits;

    /// <summary>The share of the rates that is used; null for all of them.</summary>
    public RateShare? Rate => rate;

    /// <summary>The tokens for records and for bytes, as of the last <see cref="Refill"/>.</summary>
    public (double Records, double Bytes) Level
    {
        get => (_records, _bytes);
        set => (_records, _bytes) = value;
    }

    /// <summary>Takes the tokens of one record of this many bytes, partition key included, if it may start now.</summary>
    public bool TryTake(long now, long bytes)
    {
        Refill(now);
        if (_records < 1 - Rounding || _bytes < Math.Min(bytes, limits.EnoughBytes) - Rounding)
            return false;
        _records -= 1;
        _bytes -= bytes;
        // Kinesis has such a debt, too: this producer itself causes the throttles while it lasts.
        if (rate is not null && _bytes < -limits.BytesPerTick * TimeSpan.TicksPerSecond)
            rate.MaskUntil(now + (long)(-_bytes / limits.BytesPerTick));
        return true;
    }

    /// <summary>Returns the tokens of a record that the shard never counted.</summary>
    public void GiveBack(long bytes)
    {
        _records = Math.Min(limits.RecordCapacity, _records + 1);
        _bytes = Math.Min(limits.ByteCapacity, _bytes + bytes);
    }

    /// <summary>Returns the instant from which <see cref="TryTake"/> succeeds, if nothing else is taken before.</summary>
    public long ReadyAt(long now, long bytes)
    {
        Refill(now);
        var records = (1 - _records) / limits.RecordsPerTick;
        var byBytes = (Math.Min(bytes, limits.EnoughBytes) - _bytes) / limits.BytesPerTick;
        var wait = Math.Max(records, byBytes);
        if (wait <= 0)
            return now;
        wait = Math.Min(wait, TimeSpan.TicksPerDay);
        return rate is null ? now + (long)Math.Ceiling(wait) : rate.WhenEarned(now, wait);
    }

    /// <summary>Returns the share of the rate that is used; null where it was never lowered.</summary>
    public double? LoweredTo(long now) => rate is { IsReduced: true } ? rate.Rate(now) : null;

    /// <summary>Lowers the rate, if need be, after Kinesis throttled the shard.</summary>
    /// <param name="requestStartedAt">When the request began.</param>
    /// <param name="tookNearlyAll">
    /// Whether this process sent nearly all that the shard takes in a second: then a throttle says nothing about other writers.
    /// </param>
    public void OnThrottled(long now, long requestStartedAt, bool tookNearlyAll)
    {
        Refill(now);
        rate?.OnThrottled(now, requestStartedAt, tookNearlyAll);
    }

    /// <summary>Brings the levels up to date. Must be called before the rate changes.</summary>
    public void Refill(long now)
    {
        var elapsed = now - _at;
        if (elapsed <= 0)
            return;
        var earned = rate?.Earned(_at, now) ?? elapsed;
        _at = now;
        _records = Math.Min(limits.RecordCapacity, _records + earned * limits.RecordsPerTick);
        _bytes = Math.Min(limits.ByteCapacity, _bytes + earned * limits.BytesPerTick);
    }
}

/// <summary>The limits of one shard, as rates and capacities of its bucket.</summary>
/// <param name="EnoughBytes">The level at which any record may start, however large.</param>
/// <param name="StartBytes">The bytes that a new shard may send at once: one aggregate.</param>
internal sealed record ShardLimits(
    double RecordsPerTick, double BytesPerTick, double RecordCapacity, double ByteCapacity, double EnoughBytes, double StartBytes)
{
    /// <summary>Records per second of one shard (AWS: quotas and limits).</summary>
    public const double RecordsPerSecond = 1_000;

    /// <summary>Bytes per second of one shard, partition keys included (AWS: quotas and limits).</summary>
    public const double BytesPerSecond = 1 << 20;

    private const double Any = double.MaxValue;

    /// <summary>The limits for records that no shard was predicted for.</summary>
    public static ShardLimits None { get; } = new(Any, Any, Any, Any, Any, Any);
}

/// <summary>Determines how much of a shard's rate is used, as a share of 1. Guarded by its shard's lock.</summary>
internal abstract class RateShare
{
    /// <summary>Whether the rate was ever lowered. While false, it is the whole rate at any instant.</summary>
    public abstract bool IsReduced { get; }

    /// <summary>Ignores throttles of requests that began by this instant: they say nothing about other writers.</summary>
    public abstract void MaskUntil(long instant);

    /// <summary>Returns the share of the rate in force.</summary>
    public abstract double Rate(long now);

    /// <summary>Lowers the rate, if need be, after Kinesis throttled the shard. Returns whether it did.</summary>
    /// <param name="requestStartedAt">When the throttled request began.</param>
    /// <param name="tookAll">Whether the shard recently took a second's worth from here.</param>
    public abstract bool OnThrottled(long now, long requestStartedAt, bool tookAll = false);

    /// <summary>Returns the time between two instants, weighted with the rate: the time in which the whole rate would earn as many tokens.</summary>
    public abstract double Earned(long from, long to);

    /// <summary>Returns the instant by which this much is earned.</summary>
    public abstract long WhenEarned(long now, double needed);
}
