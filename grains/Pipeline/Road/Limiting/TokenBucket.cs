namespace Orleans.Kpl.Pipeline.Road.Limiting;

/// <summary>
/// A shard's two limits, records and bytes, as one bucket. A record may start when both levels are enough for it or full (half full
/// where one is under way at a time). A record larger than the bucket takes the level below zero: this debt delays its own shard only.
/// </summary>
/// <remarks>
/// Never lets through more than rate × time + capacity + one record. Not thread-safe: its shard's lock guards it.
/// </remarks>
internal class TokenBucket(ShardLimits limits, long now)
{
    // Adding up fractions may lose this much. Without it a wake-up at the exact instant could find a fraction of a token missing.
    private const double Rounding = 1e-6;

    private double _records = limits.RecordCapacity;
    private double _bytes = Math.Min(limits.ByteCapacity, limits.StartBytes);
    private long _at = now;

    public ShardLimits Limits => limits;

    /// <summary>The tokens for records and for bytes, as of the last <see cref="Refill"/>.</summary>
    public (double Records, double Bytes) Level
    {
        get => (_records, _bytes);
        set => (_records, _bytes) = value;
    }

    /// <summary>Takes the tokens of one record of this many bytes, partition key included, if it may start now.</summary>
    public virtual bool TryTake(long now, long bytes)
    {
        Refill(now);
        if (_records < 1 - Rounding || _bytes < Math.Min(bytes, limits.EnoughBytes) - Rounding)
            return false;
        _records -= 1;
        _bytes -= bytes;
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
        return wait <= 0 ? now : WhenEarned(now, Math.Min(wait, TimeSpan.TicksPerDay));
    }

    public void Refill(long now)
    {
        if (now <= _at)
            return;
        var earned = Earned(_at, now);
        _at = now;
        _records = Math.Min(limits.RecordCapacity, _records + earned * limits.RecordsPerTick);
        _bytes = Math.Min(limits.ByteCapacity, _bytes + earned * limits.BytesPerTick);
    }

    /// <summary>Returns how many ticks' worth of tokens comes between two instants.</summary>
    protected virtual double Earned(long from, long to) => to - from;

    /// <summary>Returns the instant by which so many ticks' worth of tokens have come.</summary>
    protected virtual long WhenEarned(long now, double ticks) => now + (long)Math.Ceiling(ticks);
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
