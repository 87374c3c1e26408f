using Orleans.Kpl.Administration;
using Orleans.Kpl.Pipeline.Load;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Watching;

namespace Orleans.Kpl.Pipeline;

/// <summary>Makes the reports of shards.</summary>
internal static class ObservedShards
{
    public static ShardObservation Of(ShardEngine engine)
    {
        var counts = engine.Counts();
        var (fill, foreignShare) = engine.Bucket();
        return new ShardObservation
        {
            ShardId = engine.Range.ShardId,
            StartingHashKey = engine.Range.StartingHashKey,
            EndingHashKey = engine.Range.EndingHashKey,
            Bucket = fill,
            ForeignShare = foreignShare,
            Minute = counts is { } some ? NumbersOf(some.Running) : [],
            LastMinute = counts is { Last: { } last } ? NumbersOf(last) : [],
        };
    }

    private static long[] NumbersOf(MinuteCount minute) =>
        [minute.UserRecords, minute.OfferedRecords, minute.OfferedBytes, minute.Delivered, minute.DeliveredBytes, minute.Throttled];
}
