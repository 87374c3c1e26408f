using Orleans.Kpl.Pipeline.Load;

namespace Orleans.Kpl.Scaling.Costs;

/// <summary>Computes the load of records that nobody has sent yet: equally large, evenly in time, with this library's default settings.</summary>
internal static class PaperLoad
{
    private static readonly StreamOptions Defaults = new();

    /// <summary>Returns an hour of it, and the shards that it is sent to.</summary>
    /// <param name="recordsPerSecond">User records a second.</param>
    /// <param name="recordSize">The bytes of each, its key included.</param>
    /// <param name="shards">How many shards the stream has; null for as many as the policy would have.</param>
    public static (LoadSum Hour, int Shards) Of(double recordsPerSecond, int recordSize, int? shards, ScalingOptions policy)
    {
        var count = shards ?? policy.MinShards;
        var hour = Of(recordsPerSecond, recordSize, count);
        // More shards make smaller aggregates, and so more of them.
        for (var i = 0; shards is null && i < 8; i++)
        {
            count = Math.Clamp((int)Math.Min(Math.Ceiling(hour.PeakShards / policy.TargetUtilisation), int.MaxValue), policy.MinShards, policy.MaxShards);
            hour = Of(recordsPerSecond, recordSize, count);
        }

        return (hour, count);
    }

    private static LoadSum Of(double recordsPerSecond, int recordSize, int shards)
    {
        var atOnce = recordsPerSecond / shards * Defaults.RecordMaxBufferedTime.TotalSeconds;
        var fit = Math.Floor((Defaults.AggregationMaxSize - BilledLoad.FrameBytes) / (double)(recordSize + BilledLoad.MemberBytes));
        var members = Math.Max(1, Math.Min(atOnce, fit));
        var size = members > 1 ? BilledLoad.FrameBytes + (members * (recordSize + BilledLoad.MemberBytes)) : recordSize;
        var (records, alone) = (recordsPerSecond / members, recordsPerSecond);
        return new LoadSum
        {
            Minutes = 60,
            UserRecords = AnHour(alone),
            Records = AnHour(records),
            Bytes = AnHour(records * size),
            PutUnits = AnHour(records * Math.Ceiling(size / BilledLoad.UnitBytes)),
            BilledKiB = AnHour(records * Math.Ceiling(size / 1_024)),
            PutUnitsAlone = AnHour(alone * Math.Ceiling(recordSize / (double)BilledLoad.UnitBytes)),
            BilledKiBAlone = AnHour(alone * Math.Ceiling(recordSize / 1_024.0)),
            PeakShards = Math.Max(records / 1_000, records * size / (1 << 20)),
            PeakShardsAlone = Math.Max(alone / 1_000, alone * recordSize / (1 << 20)),
        };

        static long AnHour(double perSecond) => (long)Math.Round(perSecond * 3_600);
    }
}
