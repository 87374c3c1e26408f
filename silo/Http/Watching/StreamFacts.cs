using Orleans.Kpl.Administration;
using Orleans.Kpl.Conditions;

namespace Orleans.Kpl.Http.Watching;

/// <summary>Makes of a look what the rule judges.</summary>
internal static class StreamFacts
{
    private const int Delivered = 3;
    private const int Throttles = 5;

    public static TierFacts Of(WatchedStream look)
    {
        var away = look.Parts.Where(static s => s.DegradedSince is not null).MinBy(static s => s.DegradedSince);
        var lost = look.Reports.Where(static r => r.LostAt is not null).MaxBy(static r => r.LostAt);
        var failing = look.Failures.Groups is [var latest, ..] ? latest : null;
        var ledger = look.Books.Ledger;
        var (inMemory, inBacklog) = (TimeSpan.FromSeconds(look.OldestSeconds), look.Backlog?.OldestAge ?? TimeSpan.Zero);
        return new TierFacts
        {
            Now = look.At,
            Stream = look.Stream,
            TroubleCode = look.Trouble?.Code,
            AwaySince = away?.DegradedSince,
            AwayCode = away?.DegradedCode,
            Waiting = ledger.InFlight + Math.Max(ledger.InBacklog, look.Backlog?.Records ?? 0),
            OldestAge = inMemory > inBacklog ? inMemory : inBacklog,
            OldestInMemory = inMemory,
            Silent = [.. look.Reports.Where(static r => r.State == ProcessReport.Mute).Select(static r => r.Process)],
            Lost = lost?.Process,
            LostAt = lost?.LostAt,
            Backlog = look.Backlog,
            Ledger = ledger,
            FailureCode = failing?.Code,
            Failures = failing?.Count ?? 0,
            FirstFailureAt = failing?.First ?? default,
            LastFailureAt = failing?.Last,
            Shards = look.Shards.Count,
            FullShards = [.. look.Full.Select(static f => f.ShardId)],
            FullSince = look.Full.Count == 0 ? null : look.Full.Min(static f => f.Since),
            HotKeyShare = look.Full is [var full] ? HotKeyShare(look, full.ShardId) : 0,
            OnDemand = look.Overview?.OnDemand ?? false,
            ThrottledShare = ThrottledShare(look),
            Operation = look.Operations.FirstOrDefault(static o => o.State == OperationState.Running),
            Status = look.Overview?.Status,
        };
    }

    private static double HotKeyShare(WatchedStream look, string shardId) =>
        look.Shards.FirstOrDefault(s => s.Status.ShardId == shardId)?.Status.HotKeys.Select(static k => k.Share).DefaultIfEmpty().Max() ?? 0;

    /// <summary>Of the attempts of the last whole minute.</summary>
    private static double ThrottledShare(WatchedStream look)
    {
        var throttled = Sum(Throttles);
        return throttled == 0 ? 0 : (double)throttled / (throttled + Sum(Delivered));

        long Sum(int count) => look.Shards.Sum(s => s.Seen?.LastMinute is { } counts && counts.Count > count ? counts[count] : 0);
    }
}
