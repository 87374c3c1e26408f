using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Conditions;
using Orleans.Kpl.Http.Answering;

namespace Orleans.Kpl.Http.Watching;

/// <summary>Writes what was seen of a stream as the JSON of its events.</summary>
internal static class PulseText
{
    /// <summary>The shards and their owners.</summary>
    public static byte[] Map(WatchedStream watched) => Write(json =>
    {
        json.WriteStartObject();
        json.WriteString("stream"u8, watched.Stream);
        json.WriteStartArray("shards"u8);
        foreach (var shard in watched.Shards)
        {
            json.WriteStartObject();
            json.WriteString("id"u8, shard.Status.ShardId);
            json.WriteString("from"u8, shard.Status.StartingHashKey.ToString(CultureInfo.InvariantCulture));
            json.WriteString("to"u8, shard.Status.EndingHashKey.ToString(CultureInfo.InvariantCulture));
            json.WriteString("state"u8, shard.Status.State);
            json.WriteString("owner"u8, shard.Owner);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });

    /// <summary>The numbers of one second.</summary>
    /// <param name="calls">The calls of this process in that second.</param>
    public static byte[] Pulse(WatchedStream watched, (long Calls, double P50, double P99)? calls) => Write(json =>
    {
        json.WriteStartObject();
        json.WriteString("stream"u8, watched.Stream);
        json.WriteString("status"u8, watched.Overview?.Status);
        json.WriteString("operation_id"u8, watched.Overview?.OperationId);
        json.WriteString("trouble"u8, watched.Trouble is { } trouble ? $"{trouble.Code}: {ConditionText.OneLine(trouble.Message)}" : null);
        WriteCondition(json, ConditionRules.Judge(StreamFacts.Of(watched)));
        WriteLedger(json, watched);
        WriteCalls(json, watched, calls);
        json.WriteNumber("oldest_seconds"u8, Math.Round(watched.OldestSeconds, 3));
        WriteOperations(json, watched.Operations);
        WriteFailures(json, watched.Failures);
        WriteShards(json, watched.Shards);
        json.WriteEndObject();
    });

    public static void WriteCondition(Utf8JsonWriter json, TierCondition condition)
    {
        json.WritePropertyName("condition"u8);
        JsonSerializer.Serialize(json, condition, AdminJson.Default.TierCondition);
    }

    private static void WriteLedger(Utf8JsonWriter json, WatchedStream watched)
    {
        json.WriteStartObject("ledger"u8);
        TierSummary.WriteLedger(json, watched.Books.Ledger);
        json.WriteEndObject();
        json.WriteStartArray("not_covered"u8);
        foreach (var process in watched.Books.NotCovered)
        {
            json.WriteStartObject();
            json.WriteString("process"u8, process.Process);
            json.WriteString("state"u8, process.State == MissingContributorState.Gone ? "gone" : "leaving");
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WritePropertyName("backlog"u8);
        if (watched.Backlog is { } waiting)
            JsonSerializer.Serialize(json, waiting, AdminJson.Default.BacklogStatus);
        else
            json.WriteNullValue();
    }

    /// <summary>Times are those of calls of this process: the others have metrics of their own. What was sent is that of all.</summary>
    private static void WriteCalls(Utf8JsonWriter json, WatchedStream watched, (long Calls, double P50, double P99)? calls)
    {
        json.WriteStartObject("sent"u8);
        json.WriteNumber("calls"u8, watched.Parts.Sum(static s => s.Calls));
        json.WriteNumber("kinesis_records"u8, watched.Parts.Sum(static s => s.KinesisRecords));
        json.WriteEndObject();
        if (calls is not { } some)
        {
            json.WriteNull("calls"u8);
            return;
        }

        json.WriteStartObject("calls"u8);
        json.WriteNumber("count"u8, some.Calls);
        json.WriteNumber("p50_ms"u8, Math.Round(some.P50, 2));
        json.WriteNumber("p99_ms"u8, Math.Round(some.P99, 2));
        json.WriteEndObject();
    }

    /// <summary>Each with its latest event only: <c>…/history</c> has all.</summary>
    private static void WriteOperations(Utf8JsonWriter json, IReadOnlyList<StreamOperation> operations)
    {
        json.WriteStartArray("operations"u8);
        foreach (var operation in operations)
            JsonSerializer.Serialize(json, operation with { Events = [.. operation.Events.TakeLast(1)] }, AdminJson.Default.StreamOperation);
        json.WriteEndArray();
    }

    private static void WriteFailures(Utf8JsonWriter json, FailureGroups failures)
    {
        json.WriteNumber("failures_missed"u8, failures.Missed);
        json.WriteStartArray("failures"u8);
        foreach (var group in failures.Groups)
        {
            json.WriteStartObject();
            json.WriteString("code"u8, group.Code);
            json.WriteNumber("count"u8, group.Count);
            json.WriteNumber("unknown"u8, group.Unknown);
            json.WriteString("first"u8, group.First);
            json.WriteString("last"u8, group.Last);
            json.WriteNumber("number"u8, group.Number);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Writes a column for each number, in the order of the map: utilisation and bucket in thousandths, the others a second.</summary>
    private static void WriteShards(Utf8JsonWriter json, IReadOnlyList<WatchedShard> shards)
    {
        Column("utilisation"u8, static s => (long)Math.Round(s.Rate.Utilisation * 1_000));
        Column("throttled"u8, static s => (long)Math.Ceiling(s.Rate.Throttled));
        Column("records"u8, static s => (long)Math.Round(s.Rate.Records));
        Column("bytes"u8, static s => (long)Math.Round(s.Rate.Bytes));
        Column("bucket"u8, static s => (long)Math.Round((s.Seen?.Bucket ?? 1) * 1_000));
        Column("foreign"u8, static s => (long)Math.Round((s.Seen?.ForeignShare ?? 0) * 1_000));

        void Column(ReadOnlySpan<byte> name, Func<WatchedShard, long> value)
        {
            json.WriteStartArray(name);
            foreach (var shard in shards)
                json.WriteNumberValue(value(shard));
            json.WriteEndArray();
        }
    }

    private static byte[] Write(Action<Utf8JsonWriter> write)
    {
        var bytes = new ArrayBufferWriter<byte>(1_024);
        using (var json = new Utf8JsonWriter(bytes, AnswerBuffer.Json))
            write(json);
        return bytes.WrittenSpan.ToArray();
    }
}
