using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Pipeline.Retrying;

/// <summary>
/// Decides the verdict for each answer, without side effects. Verdicts are for whole Kinesis records, because KCL drops a whole aggregate at its
/// first member outside the shard's range (<c>AggregatorUtil.java</c>, deaggregate). KPL judges member by member (<c>retrier.cc</c>) and reports
/// records as delivered that no KCL consumer sees. docs/verdicts.md has the table.
/// </summary>
internal static class VerdictPolicy
{
    /// <summary>
    /// Whether an answer contradicts the shards as they are known: they were resharded, or the stream was deleted and created again, which restarts
    /// shard numbers at 0.
    /// </summary>
    /// <param name="hashKey">The hash key that the Kinesis record was sent under.</param>
    /// <param name="sequenceNumber">The sequence number it was given.</param>
    /// <param name="taker">The range of the shard that took it; null where it is not known.</param>
    /// <param name="numbersTell">Whether sequence numbers show when a shard was created.</param>
    public static bool Contradicts(UInt128 hashKey, string sequenceNumber, ShardRange? taker, bool numbersTell) =>
        taker is null || !taker.Contains(hashKey) || (numbersTell && taker.SeemsOlderThan(sequenceNumber));

    /// <summary>Judges a Kinesis record that a shard took.</summary>
    /// <param name="predictedShard">The predicted shard; null where none was predicted.</param>
    /// <param name="members">How many user records it carries.</param>
    /// <param name="lowestHash">The lowest hash key of its members.</param>
    /// <param name="highestHash">The highest hash key of its members.</param>
    /// <param name="actualShard">The shard that took it.</param>
    /// <param name="actualRange">That shard's range; null where it is not known.</param>
    /// <param name="map">How far the map can be trusted for this call.</param>
    public static Verdict OfTaken(
        string? predictedShard, int members, UInt128 lowestHash, UInt128 highestHash, string actualShard, ShardRange? actualRange, MapTrust map)
    {
        if (predictedShard is null)
            return new Verdict(VerdictKind.Deliver);

        var isStale = map == MapTrust.Contradicted || (predictedShard != actualShard && map == MapTrust.Uncontradicted);

        // A record that travels alone is never wrong: the service routed it by its own hash key, and consumers do not filter it.
        if (members == 1)
            return new Verdict(VerdictKind.Deliver, RefreshMap: isStale);

        if (map == MapTrust.Contradicted || (actualRange is null && map == MapTrust.Uncontradicted))
            return new Verdict(VerdictKind.AwaitMap, RefreshMap: true);

        if (actualRange is not null && actualRange.Contains(lowestHash, highestHash))
            return new Verdict(VerdictKind.Deliver, RefreshMap: isStale);

        var taken = predictedShard == actualShard
            ? $"taken by {actualShard}, which is not the shard any more that was predicted"
            : $"predicted {predictedShard}, taken by {actualShard}";
        return new Verdict(
            VerdictKind.Reroute,
            RecordErrorCodes.WrongShard,
            $"{taken}: consumers drop the aggregate, because not all of its members belong there",
            RefreshMap: isStale);
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
