using Orleans.Kpl.Pipeline.Road.Limiting;

namespace Orleans.Kpl.Pipeline.Rates;

/// <summary>
/// Counts what a shard took from this producer within the last second and a round trip. A producer that got all that a shard takes in a
/// second has met its own limit when it is throttled then, whether the service counts in windows or fills a bucket. Not thread-safe.
/// </summary>
internal sealed class RecentDeliveries
{
    /// <summary>From this share on no other producer can have had much.</summary>
    private const double NearlyAll = 0.95;

    // The slot that fills and seventeen whole ones, 1.06 to 1.13 s: answers arrive a while after Kinesis has counted.
    private const int Slots = 18;
    private const long Slot = TimeSpan.TicksPerSecond / 16;

    private readonly (int Records, long Bytes)[] _slots = new (int, long)[Slots];
    private long _newest;

    /// <summary>Adds a Kinesis record of this many bytes, partition key included, that the shard took.</summary>
    public void Add(int bytes, long now)
    {
        AdvanceTo(now);
        ref var slot = ref _slots[_newest % Slots];
        slot = (slot.Records + 1, slot.Bytes + bytes);
    }

    /// <summary>Whether the deliveries were nearly all that a shard takes in a second, by records or by bytes.</summary>
    public bool AreNearlyAll(long now) => Share(now, 0, 0) >= NearlyAll;

    /// <summary>Returns the deliveries as a share of what a shard takes in a second, by the scarcer of records and bytes.</summary>
    /// <param name="moreRecords">Kinesis records that count as if the shard had taken them, too.</param>
    /// <param name="moreBytes">Their bytes.</param>
    public double Share(long now, int moreRecords, long moreBytes)
    {
        AdvanceTo(now);
        var (records, bytes) = (moreRecords, moreBytes);
        foreach (var slot in _slots)
            (records, bytes) = (records + slot.Records, bytes + slot.Bytes);
        return Math.Max(records / ShardLimits.RecordsPerSecond, bytes / ShardLimits.BytesPerSecond);
    }

    /// <summary>Calls may complete in another order than they are reported: a late delivery counts as newest.</summary>
    private void AdvanceTo(long now)
    {
        var newest = now / Slot;
        if (newest - _newest >= Slots)
            Array.Clear(_slots);
        else
            for (var slot = _newest + 1; slot <= newest; slot++)
                _slots[slot % Slots] = default;
        _newest = Math.Max(_newest, newest);
    }
}
