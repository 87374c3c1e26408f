using System.Globalization;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Silos;
using Orleans.Kpl.Texts;
using static System.FormattableString;

namespace Orleans.Kpl.Scaling.Running;

/// <summary>Explains a record from what was read and observed. Pure: everything is passed in.</summary>
internal static class Explanation
{
    /// <summary>From this utilisation on a shard is called full: little is left for bursts.</summary>
    private const double Full = 0.8;

    /// <summary>From this share on, one key is called the load of its shard: a split leaves at least so much on one side.</summary>
    private const double Hot = 0.5;

    /// <summary>Below this, the share of other writers is noise.</summary>
    private const double Foreign = 0.03;

    /// <summary>From this share of throttles on that the sender cannot have caused itself, another writer is told of.</summary>
    private const double Others = 0.5;

    /// <param name="overview">The stream's open shards and their loads.</param>
    /// <param name="hashKey">The hash key in question; null where it is not known.</param>
    /// <param name="failure">The failure; null where the question was about a key.</param>
    /// <param name="sight">What the sender of the shard sees of it; null where nobody sends for it.</param>
    public static RecordExplanation Of(StreamOverview overview, UInt128? hashKey, FailedRecord? failure, ShardObservation? sight)
    {
        var shard = hashKey is { } key ? FindShard(overview, key) : null;
        var hot = shard?.HotKeys.FirstOrDefault(h => h.HashKey == hashKey);
        return new RecordExplanation
        {
            Stream = overview.Stream,
            HashKey = hashKey,
            ShardId = shard?.ShardId,
            StartingHashKey = shard?.StartingHashKey,
            EndingHashKey = shard?.EndingHashKey,
            OwnerSilo = shard?.OwnerSilo,
            MapVersion = VersionOf(overview.Shards),
            IsMapCurrent = sight is null || shard is null ? null
                : sight.StartingHashKey == shard.StartingHashKey && sight.EndingHashKey == shard.EndingHashKey,
            ReadAt = overview.ReadAt,
            Utilisation = shard?.Utilisation ?? 0,
            Throttled = shard?.Throttled ?? 0,
            Bucket = sight?.Bucket,
            ForeignShare = sight?.ForeignShare,
            HotKey = hot,
            Failure = failure,
            Findings = [.. FailureFindings(failure), .. ShardFindings(overview, hashKey, shard, sight, hot)],
        };
    }

    /// <summary>Explains a partition key of a stream whose records go to whichever shard takes them.</summary>
    public static RecordExplanation OfAnyShard(StreamOverview overview) => new()
    {
        Stream = overview.Stream,
        MapVersion = VersionOf(overview.Shards),
        ReadAt = overview.ReadAt,
        Findings =
        [
            Invariant($"The key decides nothing: Routing=Even sends each record to the one of {Quantity.Of(overview.Shards.Count, "shard")} that has most tokens just then."),
            "A record with an explicit hash key goes by that: kpl explain --hash tells where.",
        ],
    };

    /// <summary>Explains a failure where the shards cannot be read.</summary>
    public static RecordExplanation Of(string stream, UInt128? hashKey, FailedRecord failure, StreamManagerException unread, DateTimeOffset now) => new()
    {
        Stream = stream,
        HashKey = hashKey,
        MapVersion = "",
        ReadAt = now,
        Failure = failure,
        Findings = [.. FailureFindings(failure), $"The shards cannot be read now: {unread.Code}: {unread.Message}"],
    };

    /// <summary>Finds the open shard of a hash key; the younger one where a parent and its child are listed together.</summary>
    public static ShardStatus? FindShard(StreamOverview overview, UInt128 hashKey) => overview.Shards
        .Where(s => hashKey >= s.StartingHashKey && hashKey <= s.EndingHashKey)
        .MaxBy(static s => s.ShardId, StringComparer.Ordinal);

    /// <summary>Names a list of shards: eight hexadecimal digits that differ where the shards do.</summary>
    public static string VersionOf(IEnumerable<ShardStatus> shards) =>
        StableTextHash.LongOf(string.Join(' ', shards.Select(static s => s.ShardId))).ToString("x16", CultureInfo.InvariantCulture)[..8];

    private static IEnumerable<string> FailureFindings(FailedRecord? failure)
    {
        if (failure is null)
            yield break;
        var advice = ErrorAdvice.Of(failure.ErrorCode);
        yield return Invariant($"{failure.ErrorCode}: {advice.Meaning}");
        yield return advice.Advice;
        // The most frequent error on the way may differ from the last: records expire because of throttles.
        var usual = failure.Attempts.Where(a => a.ErrorCode is not null and not RecordErrorCodes.LeftOut && a.ErrorCode != failure.ErrorCode)
            .GroupBy(static a => a.ErrorCode!).MaxBy(static g => g.Count());
        if (usual is not null)
            yield return Invariant($"On the way {usual.Key} came {Times(usual.Count())}: {ErrorAdvice.Of(usual.Key).Advice}");
        if (failure.AttemptCount == 0)
            yield return failure.Status == RecordStatus.Unknown ? "Its owner is gone, so nobody here knows whether it was sent." : "It was never sent.";
    }

    private static IEnumerable<string> ShardFindings(StreamOverview overview, UInt128? hashKey, ShardStatus? shard, ShardObservation? sight, HotKeyStatus? hot)
    {
        if (hashKey is null)
        {
            yield return "The record is not there any more, so its shard cannot be told.";
            yield break;
        }

        if (shard is null)
        {
            yield return "No open shard has this hash key. A reshard may be under way, or the listing is incomplete: read the shards again.";
            yield break;
        }

        yield return shard.State != "open" ? $"{shard.ShardId} is {shard.State}: its records go to other shards soon."
            : overview.Status != "ACTIVE" ? $"The stream is {overview.Status}." : $"Records of this hash key go to {shard.ShardId}.";
        if (sight is null)
            yield return shard.OwnerSilo is { } owner ? $"{owner} serves the shard, and does not answer now." : "Nobody has sent for the shard yet.";
        else if (sight.StartingHashKey != shard.StartingHashKey || sight.EndingHashKey != shard.EndingHashKey)
            yield return "Its sender's map is older than Kinesis' listing. It reads the map again with the next answer.";
        if (hot is { Share: >= Hot })
            yield return Invariant($"This key carries at least {hot.Share:P0} of the shard's bytes. No split divides it: spread it over several keys.");
        else if (shard.HotKeys.FirstOrDefault(static h => h.Share >= Hot) is { } other)
        {
            yield return Invariant(
                $"Another key, {other.PartitionKey ?? $"with hash key {other.HashKey}"}, carries at least {other.Share:P0} of the shard's bytes. A split may part this one from it, and never divides it: spread it over several keys.");
        }
        else if (shard.Utilisation >= Full && sight is { HeaviestKey: null } && shard.HotKeys.Count == 0)
            yield return Invariant($"The shard is offered {shard.Utilisation:P0} of what it takes. Split it if its records have many keys: too few were seen to tell yet.");
        else if (shard.Utilisation >= Full)
            yield return Invariant($"The shard is offered {shard.Utilisation:P0} of what it takes. Split it, or scale the stream.");
        if (sight is { ForeignShare: >= Foreign and var foreign, OthersShare: >= Others })
            yield return Invariant($"Other writers seem to use {foreign:P0} of the shard. Find them, or send them through the tier.");
        else if (shard.Throttled > 0)
            yield return Invariant($"Kinesis throttled it {Times(shard.Throttled)} in the last minute. {WhyThrottled(shard, sight)}");
        if (sight is { PaysOffSeconds: > 0 and var seconds })
            yield return Invariant($"A large record is paid off: the next one starts in {seconds:0.0} s or later.");
    }

    private static string WhyThrottled(ShardStatus shard, ShardObservation? sight) => sight switch
    {
        { OthersShare: >= Others } => "Too little was sent for that: somebody else writes there.",
        null => "Whether somebody else writes there is not known.",
        _ when shard.Utilisation >= Full => "Its own load is enough for that: no other writer shows.",
        _ => "Large records and calls that come late are enough for that: no other writer shows.",
    };

    private static string Times(long count) => count == 1 ? "once" : Invariant($"{count} times");
}
