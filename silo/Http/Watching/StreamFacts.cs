using Orleans.Kpl.Administration;
using Orleans.Kpl.Conditions;

namespace Orleans.Kpl.Http.Watching;

/// <summary>Makes of what was seen of a stream what the rule judges.</summary>
internal static class StreamFacts
{
    private const int Delivered = 3;
    private const int Throttles = 5;
    private const double NearlyAll = 0.9;

    public static TierFacts Of(WatchedStream watched)
    {
        var away = watched.Parts.Where(static s => s.DegradedSince is not null).MinBy(static s => s.DegradedSince);
        var parts = watched.Reports.SelectMany(r => r.Streams.Where(s => s.Stream == watched.Name), static (r, s) => (r.Process, Part: s)).ToList();
        var relayed = parts.Where(static p => p.Part.RelayedSince is not null).ToList();
        var lost = watched.Reports.Where(static r => r.LostAt is not null).MaxBy(static r => r.LostAt);
        var ledger = watched.Books.Ledger;
        var one = OneShard(watched);
        var hot = one?.Status.HotKeys.FirstOrDefault();
        var (inMemory, inBacklog) = (TimeSpan.FromSeconds(watched.OldestSeconds), watched.Backlog?.OldestAge ?? TimeSpan.Zero);
        return new TierFacts
        {
            Now = watched.At,
            Stream = watched.Stream,
            TroubleCode = watched.Trouble?.Code,
            AwaySince = away?.DegradedSince,
            AwayCode = away?.DegradedCode,
            AwayFor = AwayFor(parts),
            RelayedFor = [.. relayed.Select(static r => r.Process).Order(StringComparer.Ordinal)],
            RelayedSince = relayed.Min(static r => r.Part.RelayedSince),
            Waiting = ledger.InFlight + Math.Max(ledger.InBacklog, watched.Backlog?.Records ?? 0),
            OldestAge = inMemory > inBacklog ? inMemory : inBacklog,
            OldestInMemory = inMemory,
            Silent = [.. watched.Reports.Where(static r => r.State == ProcessReport.Mute).Select(static r => r.Process)],
            Lost = lost?.Process,
            LostAt = lost?.LostAt,
            Backlog = watched.Backlog,
            DamagedSegments = watched.Backlog is { DamagedSegments: > 0 and var damaged } ? damaged : null,
            SetAside = watched.Backlog is { DeadLetters: > 0 and var letters } ? letters : null,
            Ledger = ledger,
            Failures = LatestFailures.Latest(watched.Parts.SelectMany(static s => s.Failures), watched.At),
            Shards = watched.Shards.Count,
            FullShards = [.. watched.Full.Select(static f => f.ShardId)],
            FullSince = watched.Full.Count == 0 ? null : watched.Full.Min(static f => f.Since),
            OneShard = one?.Status.ShardId,
            HotKeyShare = one?.Seen?.HeaviestKey ?? hot?.Share,
            HotKey = hot is null ? null : HotKeyRule.NameOf(hot.PartitionKey, hot.HashKey),
            OnDemand = watched.Overview?.OnDemand ?? false,
            ThrottledShare = ThrottledShare(watched),
            OthersShare = OthersShare(one is null ? watched.Shards : [one]),
            Operation = watched.Operations.FirstOrDefault(static o => o.State == OperationState.Running),
            Status = watched.Overview?.Status,
        };
    }

    /// <summary>The silos that cannot reach Kinesis, where another one that sends for shards can.</summary>
    private static List<string> AwayFor(List<(string Process, StreamReport Part)> parts) =>
        !parts.Exists(static p => p.Part is { DegradedSince: null, Shards: > 0 }) ? []
            : [.. parts.Where(static p => p.Part.DegradedSince is not null).Select(static p => p.Process).Order(StringComparer.Ordinal)];

    /// <summary>The shard that alone is full or, where none is, had nearly all throttles of the last whole minute.</summary>
    private static WatchedShard? OneShard(WatchedStream watched)
    {
        if (watched.Full.Count > 0)
            return watched.Full is [var full] ? watched.Shards.FirstOrDefault(s => s.Status.ShardId == full.ShardId) : null;
        var most = watched.Shards.MaxBy(static s => Counted(s, Throttles));
        var all = watched.Shards.Sum(static s => Counted(s, Throttles));
        return all > 0 && Counted(most!, Throttles) >= NearlyAll * all ? most : null;
    }

    /// <summary>Of the attempts of the last whole minute.</summary>
    private static double ThrottledShare(WatchedStream watched)
    {
        var throttled = watched.Shards.Sum(static s => Counted(s, Throttles));
        return throttled == 0 ? 0 : (double)throttled / (throttled + watched.Shards.Sum(static s => Counted(s, Delivered)));
    }

    private static double OthersShare(IReadOnlyList<WatchedShard> shards)
    {
        var throttled = shards.Sum(static s => Counted(s, Throttles));
        return throttled == 0 ? 0 : shards.Sum(static s => Counted(s, Throttles) * (s.Seen?.OthersShare ?? 0)) / throttled;
    }

    private static long Counted(WatchedShard shard, int count) => shard.Seen?.LastMinute is { } counts && counts.Count > count ? counts[count] : 0;
}

/// <summary>
/// Says which shards are full, and since when: those that take all they can for seconds, and hold back what is offered. A burst of a second is none.
/// A shard stays full between two batches of a caller that waits for each. Not thread-safe.
/// </summary>
internal sealed class FullShards
{
    private const double Full = 0.95;
    private const double NearlyFull = 0.8;
    private const double Half = 0.5;

    /// <summary>Below it a large record has to wait.</summary>
    private const double EmptyBucket = 0.1;

    /// <summary>The weight of the latest second: what is older than ten seconds hardly counts.</summary>
    private const double Weight = 0.3;

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    /// <summary>For so long a shard stays full that holds nothing back.</summary>
    private static readonly TimeSpan Stays = TimeSpan.FromSeconds(10);

    private Dictionary<string, Shard> _shards = new(StringComparer.Ordinal);

    /// <summary>The full shards, in the order of their ids, and since when each is.</summary>
    public IReadOnlyList<(string ShardId, DateTimeOffset Since)> Found { get; private set; } = [];

    /// <summary>Notes the use of all shards in the second that ends now. Shards that are not among them are forgotten.</summary>
    /// <param name="uses">
    /// Each shard, its use, how full its token bucket is, and the use of the last whole minute, by which the first look knows what was before.
    /// </param>
    public void Note(DateTimeOffset now, IEnumerable<(string ShardId, double Use, double Bucket, double? LastMinute)> uses)
    {
        var next = new Dictionary<string, Shard>(StringComparer.Ordinal);
        foreach (var (id, use, bucket, lastMinute) in uses)
        {
            next[id] = _shards.TryGetValue(id, out var before) ? Next(before, now, use, bucket)
                : new(lastMinute ?? use, lastMinute >= Full ? now - Minute : use >= Full && lastMinute is null ? now : null, now);
        }

        _shards = next;
        Found = [.. next.Where(static s => s.Value.Since is not null).Select(static s => (s.Key, s.Value.Since!.Value))
            .OrderBy(static s => s.Key, StringComparer.Ordinal)];
    }

    private static Shard Next(Shard before, DateTimeOffset now, double use, double bucket)
    {
        var average = (before.Use * (1 - Weight)) + (use * Weight);
        var heldAt = use >= Full || bucket < EmptyBucket ? now : before.HeldAt;
        var begins = average >= Full || (average >= NearlyFull && bucket < EmptyBucket);
        var stays = begins || (average >= Half && now - heldAt < Stays);
        return new(average, !stays ? null : before.Since ?? (begins ? now : null), heldAt);
    }

    /// <param name="Use">Of the last seconds, on average.</param>
    /// <param name="Since">Since when it is full; null where it is not.</param>
    /// <param name="HeldAt">When it last held something back.</param>
    private readonly record struct Shard(double Use, DateTimeOffset? Since, DateTimeOffset HeldAt);
}
