using System.Text.Json;
using Orleans.Kpl.Administration;

namespace Orleans.Kpl.Http.Watching;

/// <summary>The streams and the processes of a tier, summed up from the reports of its processes.</summary>
internal static class TierSummary
{
    /// <summary>
    /// Whether a stream is there, or holds records: whoever misspells a name makes an entry too. One that the settings name counts as there until Kinesis
    /// is asked.
    /// </summary>
    public static bool Exists(StreamReport stream, IEnumerable<string> named, Func<string, bool> isMissing) =>
        stream.Ledger is { InFlight: > 0 } or { InBacklog: > 0 } or { DeadLettered: > 0 }
        || (!isMissing(stream.Stream) && (stream.Shards > 0 || stream.Ledger.Delivered > 0 || named.Contains(stream.Stream)));

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
        }).ToDictionary(static s => s.Stream, StringComparer.Ordinal);
        foreach (var name in named)
            open.TryAdd(name, new StreamReport { Stream = name });
        return [.. open.Values.Where(s => isVisible(s.Stream)).OrderBy(static s => s.Stream, StringComparer.Ordinal)];
    }

    public static void WriteStreams(Utf8JsonWriter json, IEnumerable<StreamReport> streams, Func<StreamReport, bool> exists)
    {
        json.WriteStartArray("streams"u8);
        foreach (var stream in streams)
        {
            json.WriteStartObject();
            json.WriteString("stream"u8, stream.Stream);
            json.WriteNumber("shards"u8, stream.Shards);
            json.WriteBoolean("exists"u8, exists(stream));
            json.WriteNumber("accepted_per_second"u8, Math.Round(stream.AcceptedPerSecond));
            json.WriteNumber("oldest_seconds"u8, Math.Round(stream.OldestSeconds, 3));
            WriteLedger(json, stream.Ledger);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Writes the processes without the names of their streams, which not everybody may see.</summary>
    public static void WriteSilos(Utf8JsonWriter json, IEnumerable<ProcessReport> reports)
    {
        json.WriteStartArray("silos"u8);
        foreach (var process in reports)
        {
            json.WriteStartObject();
            json.WriteString("silo"u8, process.Process);
            json.WriteString("state"u8, process.State);
            if (process.StartedAt is { } startedAt)
                json.WriteString("started_at"u8, startedAt);
            else
                json.WriteNull("started_at"u8);
            if (process.LostAt is { } lostAt)
                json.WriteString("lost_at"u8, lostAt);
            else
                json.WriteNull("lost_at"u8);
            json.WriteString("version"u8, process.Version);
            json.WriteNumber("outstanding_bytes"u8, process.OutstandingBytes);
            json.WriteNumber("streams"u8, process.Streams.Count);
            json.WriteNumber("shards"u8, process.Streams.Sum(static s => s.Shards));
            json.WriteNumber("oldest_seconds"u8, Math.Round(process.Streams.Select(static s => s.OldestSeconds).DefaultIfEmpty().Max(), 3));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Writes the terms of a ledger as members of the object that is open.</summary>
    public static void WriteLedger(Utf8JsonWriter json, StreamLedger ledger)
    {
        json.WriteNumber("accepted"u8, ledger.Accepted);
        json.WriteNumber("delivered"u8, ledger.Delivered);
        json.WriteNumber("failed"u8, ledger.Failed);
        json.WriteNumber("unknown"u8, ledger.Unknown);
        json.WriteNumber("in_flight"u8, ledger.InFlight);
        json.WriteNumber("in_backlog"u8, ledger.InBacklog);
        json.WriteNumber("dead_lettered"u8, ledger.DeadLettered);
    }
}
