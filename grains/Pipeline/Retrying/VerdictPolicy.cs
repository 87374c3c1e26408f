using Orleans.Kpl.Pipeline.Routing;
using Orleans.Kpl.Pipeline.Sending;

namespace Orleans.Kpl.Pipeline.Retrying;

/// <summary>
/// The verdict for each answer, without effects. Verdicts are for whole Kinesis records, because KCL drops a whole aggregate
/// at its first member outside the shard's range (<c>AggregatorUtil.java</c>, deaggregate); KPL judges member by member
/// (<c>retrier.cc</c>) and reports records as delivered that no KCL consumer sees. DESIGN.md has the table.
/// </summary>
internal static class VerdictPolicy
{
    /// <summary>Judges a Kinesis record that a shard took.</summary>
    /// <param name="predictedShard">The shard it was predicted for; null where none was.</param>
    /// <param name="members">How many user records it carries.</param>
    /// <param name="lowestHash">The lowest hash key of its members.</param>
    /// <param name="highestHash">The highest hash key of its members.</param>
    /// <param name="actualShard">The shard that took it.</param>
    /// <param name="actualRange">That shard's range; null where it is not known.</param>
    /// <param name="mapIsFresh">Whether the map was read after the call began, so that reading it again tells nothing new.</param>
    public static Verdict OfTaken(
        string? predictedShard, int members, UInt128 lowestHash, UInt128 highestHash, string actualShard, ShardRange? actualRange, bool mapIsFresh)
    {
        if (predictedShard is null || predictedShard == actualShard)
            return new Verdict(VerdictKind.Deliver);

        // A record that travels alone is never wrong: the service routed it by its own hash, and consumers do not filter it.
        if (members == 1)
            return new Verdict(VerdictKind.Deliver, RefreshMap: !mapIsFresh);

        if (actualRange is null && !mapIsFresh)
            return new Verdict(VerdictKind.AwaitMap, RefreshMap: true);

        if (actualRange is not null && actualRange.Contains(lowestHash, highestHash))
            return new Verdict(VerdictKind.Deliver, RefreshMap: !mapIsFresh);

        return new Verdict(
            VerdictKind.Reroute,
            RecordErrorCodes.WrongShard,
            $"predicted {predictedShard}, taken by {actualShard}, whose consumers drop the aggregate: not all of its members belong there",
            RefreshMap: !mapIsFresh);
    }

    /// <summary>Judges the records of a call that failed as a whole.</summary>
    public static Verdict OfFailed(string code, string? message, bool failIfThrottled) =>
        new(Of(code, VerdictTable.Of(code).OfCall, failIfThrottled), code, message);

    /// <summary>Judges one entry of an answer that is an error.</summary>
    public static Verdict OfRefused(in PutRecordsReplyEntry entry, bool failIfThrottled) =>
        new(Of(entry.ErrorCode!, VerdictTable.Of(entry.ErrorCode!).OfEntry, failIfThrottled), entry.ErrorCode, entry.ErrorMessage);

    private static VerdictKind Of(string code, VerdictKind kind, bool failIfThrottled) =>
        failIfThrottled && code == RecordErrorCodes.Throttled ? VerdictKind.Fail : kind;
}
