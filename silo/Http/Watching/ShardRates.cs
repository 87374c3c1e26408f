using Orleans.Kpl.Administration;

namespace Orleans.Kpl.Http.Watching;

/// <summary>
/// The rates of a shard's sender between two looks at it. Records that were offered count, or what the shard took where that is more: it may work off
/// what waited.
/// </summary>
/// <param name="Records">Kinesis records per second.</param>
/// <param name="Bytes">Their bytes per second.</param>
/// <param name="Throttled">Throttled attempts per second.</param>
/// <param name="Utilisation">Both as a share of what a shard takes, by the scarcer one.</param>
internal readonly record struct ShardRate(double Records, double Bytes, double Throttled, double Utilisation);

/// <summary>
/// Computes rates from the counts of minutes that senders report: a sender counts each minute from 0. A shard that changed hands begins anew. Not
/// thread-safe.
/// </summary>
internal sealed class ShardRates
{
    /// <summary>Records that a shard takes a second (AWS: quotas and limits).</summary>
    private const double RecordsPerSecond = 1_000;
    private const double BytesPerSecond = 1 << 20;

    private const int Offered = 1;
    private const int OfferedBytes = 2;
    private const int Delivered = 3;
    private const int DeliveredBytes = 4;
    private const int Throttles = 5;

    private Dictionary<(string Shard, string Process), ShardObservation> _before = [];
    private Dictionary<(string Shard, string Process), ShardObservation> _now = [];

    /// <summary>
    /// Returns the rate of a shard since the last look; at the first one, that of its last whole minute, so that a full shard is not told as idle.
    /// </summary>
    /// <param name="process">Who sends for the shard.</param>
    /// <param name="sight">What that process counted.</param>
    /// <param name="seconds">The time since the last look.</param>
    public ShardRate Next(string process, ShardObservation sight, double seconds)
    {
        _now[(sight.ShardId, process)] = sight;
        if (seconds <= 0 || !_before.TryGetValue((sight.ShardId, process), out var before))
            return Rate(of => At(sight.LastMinute, of) / 60.0);
        return Rate(of => Grown(of) / seconds);

        double Grown(int of)
        {
            var (was, now) = (At(before.Minute, of), At(sight.Minute, of));
            // In a new minute: the rest of the last one, and what is in the new one.
            return now >= was && IsSameMinute(before, sight) ? now - was : Math.Max(0, At(sight.LastMinute, of) - was) + now;
        }
    }

    /// <summary>Returns the use of a shard in its last whole minute; null where there is none.</summary>
    public static double? OfLastMinute(ShardObservation? sight) =>
        sight?.LastMinute is not { Count: > DeliveredBytes } counts ? null : Rate(of => At(counts, of) / 60.0).Utilisation;

    /// <summary>Ends a look: shards that were not in it are forgotten.</summary>
    public void EndLook()
    {
        (_before, _now) = (_now, _before);
        _now.Clear();
    }

    /// <param name="perSecond">How much of a count comes in a second.</param>
    private static ShardRate Rate(Func<int, double> perSecond)
    {
        var records = Math.Max(perSecond(Offered), perSecond(Delivered));
        var bytes = Math.Max(perSecond(OfferedBytes), perSecond(DeliveredBytes));
        return new ShardRate(records, bytes, perSecond(Throttles), Math.Max(records / RecordsPerSecond, bytes / BytesPerSecond));
    }

    private static bool IsSameMinute(ShardObservation before, ShardObservation now) => before.LastMinute.SequenceEqual(now.LastMinute);

    private static long At(IReadOnlyList<long> counts, int index) => index < counts.Count ? counts[index] : 0;
}
