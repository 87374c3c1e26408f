using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Orleans.Kpl.Aws.Wire;

namespace Orleans.Kpl.Aws.Operations;

/// <summary>The answers of GetShardIterator and GetRecords.</summary>
internal static class Reading
{
    public static string ReadIterator(ref Utf8JsonReader json) => json.ReadAs(KinesisAnswers.Default.IteratorAnswer).ShardIterator;

    /// <summary>Reads a page whose data are where the answer had them as base64: it may have 10 MiB.</summary>
    public static RecordsPage ReadRecords(Memory<byte> body, Func<IDisposable> keepBuffer)
    {
        var read = JsonSerializer.Deserialize(body.Span, KinesisAnswers.Default.RecordsAnswer) ?? throw new JsonException("The answer is null.");
        var records = read.Records.Select(r => new ConsumedRecord(r.SequenceNumber, r.PartitionKey, r.Data.DecodeIn(body), r.ApproximateArrivalTimestamp));
        return new RecordsPage([.. records], read.NextShardIterator, read.MillisBehindLatest, read.ChildShards ?? []) { Memory = keepBuffer() };
    }
}

/// <summary>The answer of GetShardIterator as it comes.</summary>
internal sealed record IteratorAnswer(string ShardIterator);

/// <summary>The answer of GetRecords as it comes.</summary>
internal sealed record RecordsAnswer(
    IReadOnlyList<ComingRecord> Records, string? NextShardIterator = null, long? MillisBehindLatest = null,
    IReadOnlyList<ChildShard>? ChildShards = null);

/// <summary>A record as it comes.</summary>
[method: JsonConstructor]
internal readonly record struct ComingRecord(
    string SequenceNumber, string PartitionKey, Base64Position Data, DateTimeOffset ApproximateArrivalTimestamp = default);

/// <summary>The place of base64 in an answer.</summary>
/// <param name="Escaped">What it says, where the text is not the base64 itself: JSON may write any of its characters as an escape.</param>
[JsonConverter(typeof(Base64Position.Converter))]
internal readonly record struct Base64Position(int Start, int Length, byte[]? Escaped = null)
{
    /// <summary>Decodes it where it stands.</summary>
    /// <exception cref="FormatException">It is no base64.</exception>
    public ReadOnlyMemory<byte> DecodeIn(Memory<byte> body)
    {
        if (Escaped is not null)
            return Escaped;
        var text = body.Slice(Start, Length);
        return Base64.DecodeFromUtf8InPlace(text.Span, out var length) == OperationStatus.Done
            ? text[..length]
            : throw new FormatException("The data of a record are no base64.");
    }

    internal sealed class Converter : JsonConverter<Base64Position>
    {
        public override Base64Position Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            reader.Expect(JsonTokenType.String);
            return reader.ValueIsEscaped
                ? new Base64Position(0, 0, reader.GetBytesFromBase64())
                : new Base64Position((int)reader.TokenStartIndex + 1, reader.ValueSpan.Length);
        }

        public override void Write(Utf8JsonWriter writer, Base64Position value, JsonSerializerOptions options) => throw new NotSupportedException();
    }
}

/// <summary>The position at which reading a shard begins (Kinesis API, GetShardIterator).</summary>
/// <param name="Type">The iterator's type, in Kinesis' words.</param>
/// <param name="SequenceNumber">For AFTER_SEQUENCE_NUMBER.</param>
/// <param name="Timestamp">For AT_TIMESTAMP.</param>
internal sealed record ShardPosition(string Type, string? SequenceNumber = null, DateTimeOffset? Timestamp = null)
{
    /// <summary>The oldest record still kept.</summary>
    public static readonly ShardPosition TrimHorizon = new("TRIM_HORIZON");

    /// <summary>Only records that are put from now on.</summary>
    public static readonly ShardPosition Latest = new("LATEST");

    public static ShardPosition After(string sequenceNumber) => new("AFTER_SEQUENCE_NUMBER", SequenceNumber: sequenceNumber);

    public static ShardPosition AtTimestamp(DateTimeOffset time) => new("AT_TIMESTAMP", Timestamp: time);
}

/// <summary>One answer of GetRecords. It may be empty although more records follow.</summary>
/// <param name="Records">The records, in order.</param>
/// <param name="NextShardIterator">The iterator for the next read, valid for five minutes; null at the end of a closed shard.</param>
/// <param name="MillisBehindLatest">How far behind the newest record this answer is; null when the service does not report it.</param>
/// <param name="ChildShards">The shards that follow, at the end of a closed shard.</param>
internal sealed record RecordsPage(
    IReadOnlyList<ConsumedRecord> Records, string? NextShardIterator, long? MillisBehindLatest, IReadOnlyList<ChildShard> ChildShards) : IDisposable
{
    /// <summary>The memory that the records' data stand in; null for memory of their own.</summary>
    public IDisposable? Memory { get; init; }

    /// <summary>Gives the memory of the records' data back: they must not be used any more.</summary>
    public void Dispose() => Memory?.Dispose();
}

/// <summary>A record as GetRecords returns it: a user record's own bytes, or an aggregate.</summary>
/// <param name="SequenceNumber">Its number in its shard.</param>
/// <param name="ApproximateArrivalTimestamp">When Kinesis accepted the record, to the millisecond.</param>
/// <param name="Data">Its data, until the page is disposed.</param>
internal readonly record struct ConsumedRecord(
    string SequenceNumber, string PartitionKey, ReadOnlyMemory<byte> Data, DateTimeOffset ApproximateArrivalTimestamp = default);

/// <summary>A shard that takes over from the closed one whose end was read.</summary>
[method: JsonConstructor]
internal readonly record struct ChildShard(string ShardId, HashKeyRange HashKeyRange, IReadOnlyList<string>? ParentShards = null);
