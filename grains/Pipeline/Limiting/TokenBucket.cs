namespace Orleans.Kpl.Pipeline.Limiting;

/// <summary>
/// A shard's two limits, records and bytes, as one bucket. A record may start when both levels are enough for it or full, and
/// takes them below zero where it is larger than the bucket: a debt that silences its own shard only.
/// </summary>
/// <remarks>
/// Never lets through more than rate × time + capacity + one record. Not thread-safe: its shard's lock guards it.
/// </remarks>
internal sealed class TokenBucket
{
    // What adding up fractions may lose; without it a wake-up at the exact instant could find a token a hair short.
    private const double Rounding = 1e-6;

    private readonly ShardLimits _limits;
    private double _records;
    private double _bytes;
    private long _at;

    public TokenBucket(ShardLimits limits, long now)
    {
        _limits = limits;
        _records = limits.RecordCapacity;
        _bytes = Math.Min(limits.ByteCapacity, limits.StartBytes);
        _at = now;
    }

    /// <summary>Takes one record of that many bytes, partition key included, if it may start now.</summary>
    public bool TryTake(long now, long bytes)
    {
        Refill(now);
        if (_records < 1 - Rounding || _bytes < Math.Min(bytes, _limits.ByteCapacity) - Rounding)
            return false;
        _records -= 1;
        _bytes -= bytes;
        return true;
    }

    /// <summary>The instant from which <see cref="TryTake"/> succeeds, if nothing else is taken before.</summary>
    public long ReadyAt(long now, long bytes)
    {
        Refill(now);
        var records = (1 - _records) / _limits.RecordsPerTick;
        var byBytes = (Math.Min(bytes, _limits.ByteCapacity) - _bytes) / _limits.BytesPerTick;
        var wait = Math.Max(records, byBytes);
        return wait <= 0 ? now : now + (long)Math.Ceiling(Math.Min(wait, TimeSpan.TicksPerDay));
    }

    private void Refill(long now)
    {
        var elapsed = now - _at;
        if (elapsed <= 0)
            return;
        _at = now;
        _records = Math.Min(_limits.RecordCapacity, _records + elapsed * _limits.RecordsPerTick);
        _bytes = Math.Min(_limits.ByteCapacity, _bytes + elapsed * _limits.BytesPerTick);
    }
}
