using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Conditions;
using Orleans.Kpl.Http.Answering;

namespace Orleans.Kpl.Http.Watching;

/// <summary>Writes what was seen of a stream as the JSON of its events.</summary>
internal static class PulseText
{
    /// <summary>The shards and their owners.</summary>
    public static byte[] Map(WatchedStream watched) => Write(new JsonObject
    {
        ["stream"] = watched.Stream,
        ["shards"] = watched.Shards.ToJson(static shard => new JsonObject
        {
            ["id"] = shard.Status.ShardId,
            ["from"] = shard.Status.StartingHashKey.ToString(CultureInfo.InvariantCulture),
            ["to"] = shard.Status.EndingHashKey.ToString(CultureInfo.InvariantCulture),
            ["state"] = shard.Status.State,
            ["owner"] = shard.Owner,
        }),
    });

    /// <summary>The numbers of one second. Of shards there is a column for each number, in the order of the map.</summary>
    /// <param name="calls">The calls of this process in that second: the others have metrics of their own. What was sent is that of all.</param>
    public static byte[] Pulse(WatchedStream watched, (long Calls, double P50, double P99)? calls) => Write(new JsonObject
    {
        ["stream"] = watched.Stream,
        ["status"] = watched.Overview?.Status,
        ["on_demand"] = watched.Overview?.OnDemand,
        ["operation_id"] = watched.Overview?.OperationId,
        ["trouble"] = watched.Trouble is { } trouble ? $"{trouble.Code}: {ConditionText.OneLine(trouble.Message)}" : null,
        // Null where they are of now, or of a time that nobody knows.
        ["shards_as_of"] = watched.Trouble is null ? null : watched.Overview?.ReadAt,
        ["condition"] = Condition(ConditionRules.Judge(StreamFacts.Of(watched))),
        ["ledger"] = TierSummary.Tell(watched.Books.Ledger),
        ["not_covered"] = watched.Books.NotCovered.ToJson(static process => new JsonObject
        {
            ["process"] = process.Process,
            ["state"] = process.State.ToString().ToLowerInvariant(),
        }),
        ["backlog"] = watched.Backlog is { } waiting ? JsonSerializer.SerializeToNode(waiting, AdminJson.Default.BacklogStatus) : null,
        ["sent"] = new JsonObject
        {
            ["calls"] = watched.Parts.Sum(static s => s.Calls),
            ["kinesis_records"] = watched.Parts.Sum(static s => s.KinesisRecords),
        },
        ["calls"] = calls is not { } some ? null : new JsonObject
        {
            ["count"] = some.Calls,
            ["p50_ms"] = Math.Round(some.P50, 2),
            ["p99_ms"] = Math.Round(some.P99, 2),
        },
        ["oldest_seconds"] = Math.Round(watched.OldestSeconds, 3),
        // Each with its latest event only: …/history has all.
        ["operations"] = watched.Operations.ToJson(static o =>
            JsonSerializer.SerializeToNode(o with { Events = [.. o.Events.TakeLast(1)] }, AdminJson.Default.StreamOperation)),
        ["failures_missed"] = watched.Failures.Missed,
        ["failures"] = JsonSerializer.SerializeToNode(watched.Failures.Groups, FailureJson.Default.IReadOnlyListFailureGroup),
        // Few shards have one: no column.
        ["hot_keys"] = watched.Shards.Where(static s => s.Status.HotKeys.Count > 0).ToJson(static s => new JsonObject
        {
            ["shard"] = s.Status.ShardId,
            ["hash"] = s.Status.HotKeys[0].HashKey.ToString(CultureInfo.InvariantCulture),
            ["share"] = Math.Round(s.Status.HotKeys[0].Share, 3),
            ["key"] = s.Status.HotKeys[0].PartitionKey,
        }),
        // Utilisation and bucket are thousandths, the others are a second's.
        ["utilisation"] = watched.Shards.Select(static s => (long)Math.Round(s.Rate.Utilisation * 1_000)).ToJson(),
        ["throttled"] = watched.Shards.Select(static s => (long)Math.Ceiling(s.Rate.Throttled)).ToJson(),
        ["records"] = watched.Shards.Select(static s => (long)Math.Round(s.Rate.Records)).ToJson(),
        ["bytes"] = watched.Shards.Select(static s => (long)Math.Round(s.Rate.Bytes)).ToJson(),
        ["bucket"] = watched.Shards.Select(static s => (long)Math.Round((s.Seen?.Bucket ?? 1) * 1_000)).ToJson(),
        ["foreign"] = watched.Shards.Select(static s => (long)Math.Round((s.Seen?.ForeignShare ?? 0) * 1_000)).ToJson(),
    });

    public static JsonNode? Condition(TierCondition condition) => JsonSerializer.SerializeToNode(condition, AdminJson.Default.TierCondition);

    private static byte[] Write(JsonObject told)
    {
        using var answer = new AnswerBuffer(1_024);
        using (var json = new Utf8JsonWriter(answer, AnswerBuffer.Json))
            told.WriteTo(json);
        return answer.Written.ToArray();
    }
}
