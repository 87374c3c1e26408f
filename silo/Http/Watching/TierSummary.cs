using System.Text.Json.Nodes;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Http.Answering;

namespace Orleans.Kpl.Http.Watching;

/// <summary>The streams and the processes of a tier, summed up from the reports of its processes.</summary>
internal static class TierSummary
{
    /// <summary>
    /// Whether a stream is there, or holds records: whoever misspells a name makes an entry too. One that the settings name counts as there until Kinesis
    /// is asked.
    /// </summary>
    public static bool Exists(StreamReport stream, IEnumerable<string> named, IReadOnlyCollection<string> missing) =>
        stream.Ledger is { InFlight: > 0 } or { InBacklog: > 0 } or { DeadLettered: > 0 }
        || (!missing.Contains(stream.Stream) && stream.Failures.All(static f => f.Code != RecordErrorCodes.ResourceNotFound)
            && (stream.Shards > 0 || stream.Ledger.Delivered > 0 || named.Contains(stream.Stream)));

    /// <summary>Sums up each stream over all processes; streams that the settings name are there although nobody used them yet.</summary>
    public static IReadOnlyList<StreamReport> Streams(IEnumerable<ProcessReport> reports, IEnumerable<string> named, Func<string, bool> isVisible)
    {
        var open = reports.SelectMany(static r => r.Streams).GroupBy(static s => s.Stream, StringComparer.Ordinal).Select(static g => new StreamReport
        {
            Stream = g.Key,
            Shards = g.Sum(static s => s.Shards),
            Ledger = g.Aggregate(default(StreamLedger), static (sum, s) => sum + s.Ledger),
            OldestSeconds = g.Max(static s => s.OldestSeconds),
            AcceptedPerSecond = g.Sum(static s => s.AcceptedPerSecond),
            Failures = [.. g.SelectMany(static s => s.Failures)],
        }).ToDictionary(static s => s.Stream, StringComparer.Ordinal);
        // One that is named by the ARN of the tier's own account is open under its name.
        foreach (var name in named.Where(n => !open.ContainsKey(n[(n.LastIndexOf('/') + 1)..])))
            open.TryAdd(name, new StreamReport { Stream = name });
        return [.. open.Values.Where(s => isVisible(s.Stream)).OrderBy(static s => s.Stream, StringComparer.Ordinal)];
    }

    public static JsonArray Tell(
        IEnumerable<StreamReport> streams, IEnumerable<string> named, IReadOnlyCollection<string> missing) => streams.ToJson(stream => new JsonObject
    {
        ["stream"] = stream.Stream,
        ["shards"] = stream.Shards,
        ["exists"] = Exists(stream, named, missing),
        ["accepted_per_second"] = Math.Round(stream.AcceptedPerSecond),
        ["oldest_seconds"] = Math.Round(stream.OldestSeconds, 3),
    }.With(Tell(stream.Ledger)));

    /// <summary>Tells of processes without the names of their streams, which not everybody may see.</summary>
    public static JsonArray Tell(IEnumerable<ProcessReport> reports) => reports.ToJson(static process => new JsonObject
    {
        ["silo"] = process.Process,
        ["state"] = process.State,
        ["started_at"] = process.StartedAt,
        ["lost_at"] = process.LostAt,
        ["version"] = process.Version,
        ["outstanding_bytes"] = process.OutstandingBytes,
        ["streams"] = process.Streams.Count,
        ["shards"] = process.Streams.Sum(static s => s.Shards),
        ["oldest_seconds"] = Math.Round(process.Streams.Select(static s => s.OldestSeconds).DefaultIfEmpty().Max(), 3),
    });

    public static JsonObject Tell(StreamLedger ledger) => ToldJson.Tell(ledger, AdminJson.Default.StreamLedger);
}
