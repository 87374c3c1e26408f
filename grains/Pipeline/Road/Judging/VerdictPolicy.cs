using System.Collections.Frozen;
using System.Text.RegularExpressions;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Pipeline.Road.Judging;

/// <summary>The next step for one Kinesis record after an attempt.</summary>
internal enum VerdictKind
{
    /// <summary>Every member is delivered: it is where the consumers of its shard see it.</summary>
    Deliver,

    /// <summary>Sends the Kinesis record again as it is, to its shard, after a back-off.</summary>
    Retry,

    /// <summary>Sends the Kinesis record again as it is after a long back-off, because nothing changes until an operator acts.</summary>
    RetrySlowly,

    /// <summary>Sends every member again, each to its right shard: consumers of the shard that took the aggregate drop the whole aggregate.</summary>
    Reroute,

    /// <summary>
    /// Reads the shard map and judges again, because the map does not explain the answer to this record or another record of its call.
    /// </summary>
    AwaitMap,

    /// <summary>Reads the shard map, because Kinesis does not know the stream, and then either fails or sends again.</summary>
    ConfirmStream,

    /// <summary>Sends the halves of the call separately: one of its records may make the whole call fail.</summary>
    Halve,

    /// <summary>Fails the Kinesis record without further attempts.</summary>
    Fail,

    /// <summary>Ends the Kinesis record without further attempts: Kinesis may have it, and the answer does not tell.</summary>
    EndUnknown,
}

/// <summary>A verdict with its reason.</summary>
/// <param name="Code">The attempt's error code; null for a delivery.</param>
/// <param name="RefreshMap">Whether the shard map is out of date.</param>
internal readonly record struct Verdict(VerdictKind Kind, string? Code = null, string? Message = null, bool RefreshMap = false);

/// <summary>How far the shard map can be trusted for the answers to one call.</summary>
internal enum MapTrust
{
    /// <summary>It was read before the call began, and no answer of the call contradicts it.</summary>
    Uncontradicted,

    /// <summary>It was read before the call began, and an answer of the call contradicts it: no part of it is trusted.</summary>
    Contradicted,

    /// <summary>It was read after the call began, so reading it again would add nothing.</summary>
    Fresh,
}

/// <summary>
/// Decides the verdict for each answer, without side effects. Verdicts are for whole Kinesis records, because KCL drops a whole aggregate at its
/// first member outside the shard's range (<c>AggregatorUtil.java</c>, deaggregate). KPL judges member by member (<c>retrier.cc</c>) and reports
/// records as delivered that no KCL consumer sees. docs/verdicts.md has the table.
/// </summary>
internal static partial class VerdictPolicy
{
    /// <summary>Judges a Kinesis record that a shard took.</summary>
    /// <param name="predictedShard">The predicted shard; null where none was predicted.</param>
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

    /// <summary>Judges a Kinesis record that no shard took, for that reason.</summary>
    /// <param name="isWholeCall">Whether the call failed as a whole; otherwise it is the answer for this record.</param>
    public static Verdict OfRefused(string code, string? message, bool failIfThrottled, bool isWholeCall = false)
    {
        var kind = failIfThrottled && code == RecordErrorCodes.Throttled ? VerdictKind.Fail : VerdictTable.Of(code);
        // One entry has no halves.
        return new Verdict(kind == VerdictKind.Halve && !isWholeCall ? VerdictKind.Fail : kind, code, message);
    }

    /// <summary>
    /// Returns the shard that a throttled entry's message names, whatever was predicted; null where it names none (Kinesis API, PutRecords):
    /// <c>Rate exceeded for shard shardId-000000000001 in stream events under account 111122223333.</c>
    /// </summary>
    public static string? ThrottledShard(string? message) => message is not null && Shard().Match(message) is { Success: true } shard ? shard.Value : null;

    [GeneratedRegex("shardId-[0-9]+")]
    private static partial Regex Shard();
}

/// <summary>
/// The verdict on each error code of Kinesis and of the network path to it, as the answer to a whole call. docs/verdicts.md has the same table in words.
/// </summary>
internal static class VerdictTable
{
    private static readonly FrozenDictionary<string, VerdictKind> Kinds = FrozenDictionary.Create<string, VerdictKind>(StringComparer.Ordinal,
    [
        // The only two codes that PutRecords documents for one entry. An InternalFailure may have been applied.
        .. Each(VerdictKind.Retry, RecordErrorCodes.Throttled, "InternalFailure"),

        // Transient: no action is needed.
        .. Each(
            VerdictKind.Retry, "KMSThrottlingException", "LimitExceededException", "ThrottlingException", "ResourceInUseException", "ServiceUnavailable",
            "HTTP 500", "HTTP 502", "HTTP 503", "HTTP 504", RecordErrorCodes.ConnectionFailed, RecordErrorCodes.ConnectionLost,
            RecordErrorCodes.RequestTimeout, RecordErrorCodes.InvalidAnswer),

        // Persists until an operator corrects the key, the rights, the credentials or the clock.
        .. Each(
            VerdictKind.RetrySlowly, "KMSDisabledException", "KMSInvalidStateException", "KMSAccessDeniedException", "KMSNotFoundException",
            "KMSOptInRequired", "AccessDeniedException", "ExpiredTokenException", "UnrecognizedClientException", "InvalidSignatureException",
            RecordErrorCodes.CredentialsUnavailable),

        // The shard map shows whether the stream is gone or being created.
        .. Each(VerdictKind.ConfirmStream, RecordErrorCodes.ResourceNotFound),

        // One record may make the whole call fail, or the call may be too large for something on the path.
        .. Each(VerdictKind.Halve, Attempt.HalvedCodes),

        // Kinesis answered, so it may have taken all records of the call. The answer does not tell which, and another attempt would repeat them.
        .. Each(VerdictKind.EndUnknown, RecordErrorCodes.RecordCountMismatch),

        // Another attempt would not change the answer.
        .. Each(VerdictKind.Fail, RecordErrorCodes.InvalidStream),
    ]);

    /// <summary>The codes that have a verdict of their own.</summary>
    public static IEnumerable<string> Codes => Kinds.Keys;

    public static VerdictKind Of(string code) => Kinds.GetValueOrDefault(code, VerdictKind.Retry);

    private static IEnumerable<KeyValuePair<string, VerdictKind>> Each(VerdictKind kind, params string[] codes) =>
        codes.Select(c => KeyValuePair.Create(c, kind));
}
