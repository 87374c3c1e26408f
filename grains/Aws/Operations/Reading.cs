using System.Text.Json;
using Orleans.Kpl.Aws.Bodies;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.Transport;
using Orleans.Kpl.Aws.Wire;

namespace Orleans.Kpl.Aws.Operations;

/// <summary>GetShardIterator and GetRecords.</summary>
internal static class Reading
{
    public static readonly KinesisOperation Iterator = new("GetShardIterator", OperationKind.Data);

    public static readonly KinesisOperation Records = new("GetRecords", OperationKind.Data);

    public static BufferedBody IteratorRequest(StreamRoute stream, string shardId, ShardPosition position) =>
        BufferedBody.Write((stream, shardId, position), static (json, state) =>
        {
            state.stream.WriteMember(json);
            json.WriteString("ShardId"u8, state.shardId);
            json.WriteString("ShardIteratorType"u8, state.position.Type);
            if (state.position.SequenceNumber is { } sequenceNumber)
                json.WriteString("StartingSequenceNumber"u8, sequenceNumber);
            if (state.position.Timestamp is { } time)
                json.WriteTime("Timestamp"u8, time);
        });

    /// <summary>Writes the request of GetRecords, which names its stream only by ARN: the iterator contains everything else.</summary>
    public static BufferedBody RecordsRequest(StreamRoute stream, string shardIterator, int? limit) =>
        BufferedBody.Write((stream, shardIterator, limit), static (json, state) =>
        {
            if (state.stream.IsArn)
                state.stream.WriteMember(json);
            json.WriteString("ShardIterator"u8, state.shardIterator);
            if (state.limit is { } limit)
                json.WriteNumber("Limit"u8, limit);
        });

    public static string ReadIterator(ref Utf8JsonReader json)
    {
        string? iterator = null;
        while (json.NextMember())
        {
            if (json.IsMember("ShardIterator"u8))
                iterator = json.GetString();
            else
                json.SkipMember();
        }

        return iterator ?? throw new JsonException("The answer has no ShardIterator.");
    }

    public static RecordsPage ReadRecords(ref Utf8JsonReader json)
    {
        List<ConsumedRecord>? records = null;
        List<ChildShard> children = [];
        string? next = null;
        long? behind = null;
        while (json.NextMember())
        {
            if (json.IsMember("Records"u8))
                records = json.ReadList(ReadRecord);
            else if (json.IsMember("NextShardIterator"u8))
                next = json.GetString();
            else if (json.IsMember("MillisBehindLatest"u8))
                behind = json.TokenType == JsonTokenType.Null ? null : json.GetInt64();
            else if (json.IsMember("ChildShards"u8))
                children = json.ReadList(ReadChild);
            else
                json.SkipMember();
        }

        return new RecordsPage(records ?? throw new JsonException("The answer has no Records."), next, behind, children);
    }

    private static ConsumedRecord ReadRecord(ref Utf8JsonReader json)
    {
        json.Expect(JsonTokenType.StartObject);
        string? sequenceNumber = null, partitionKey = null;
        byte[]? data = null;
        var arrival = DateTimeOffset.UnixEpoch;
        while (json.NextMember())
        {
            if (json.IsMember("SequenceNumber"u8))
                sequenceNumber = json.GetString();
            else if (json.IsMember("PartitionKey"u8))
                partitionKey = json.GetString();
            else if (json.IsMember("Data"u8))
                data = json.GetBytesFromBase64();
            else if (json.IsMember("ApproximateArrivalTimestamp"u8))
                arrival = json.ReadTime();
            else
                json.SkipMember();
        }

        if (sequenceNumber is null || partitionKey is null || data is null)
            throw new JsonException("A record lacks its sequence number, partition key or data.");
        return new ConsumedRecord(sequenceNumber, partitionKey, data, arrival);
    }

    private static ChildShard ReadChild(ref Utf8JsonReader json)
    {
        json.Expect(JsonTokenType.StartObject);
        string? shardId = null;
        List<string> parents = [];
        (UInt128 Start, UInt128 End)? hashKeys = null;
        while (json.NextMember())
        {
            if (json.IsMember("ShardId"u8))
                shardId = json.GetString();
            else if (json.IsMember("ParentShards"u8))
                parents = json.ReadList(JsonMembers.ReadString);
            else if (json.IsMember("HashKeyRange"u8))
                hashKeys = ListShards.ReadHashKeys(ref json);
            else
                json.SkipMember();
        }

        if (shardId is null || hashKeys is not { } range)
            throw new JsonException("A child shard has no id or no hash keys.");
        return new ChildShard(shardId, parents, range.Start, range.End);
    }
}

/// <summary>Where reading a shard begins (Kinesis API, GetShardIterator).</summary>
/// <param name="Type">The iterator's type, in Kinesis' words.</param>
/// <param name="SequenceNumber">For AT_SEQUENCE_NUMBER and AFTER_SEQUENCE_NUMBER.</param>
/// <param name="Timestamp">For AT_TIMESTAMP.</param>
internal sealed record ShardPosition(string Type, string? SequenceNumber = null, DateTimeOffset? Timestamp = null)
{
    /// <summary>The oldest record still kept.</summary>
    public static readonly ShardPosition TrimHorizon = new("TRIM_HORIZON");

    /// <summary>Only records that are put from now on.</summary>
    public static readonly ShardPosition Latest = new("LATEST");

    public static ShardPosition At(string sequenceNumber) => new("AT_SEQUENCE_NUMBER", SequenceNumber: sequenceNumber);

    public static ShardPosition After(string sequenceNumber) => new("AFTER_SEQUENCE_NUMBER", SequenceNumber: sequenceNumber);

    public static ShardPosition AtTimestamp(DateTimeOffset time) => new("AT_TIMESTAMP", Timestamp: time);
}

/// <summary>One answer of GetRecords. It may be empty although more records follow.</summary>
/// <param name="Records">The records, in order.</param>
/// <param name="NextShardIterator">The iterator for the next read, valid for five minutes; null at the end of a closed shard.</param>
/// <param name="MillisBehindLatest">How far behind the newest record this answer is; null when the service does not report it.</param>
/// <param name="ChildShards">The shards that follow, at the end of a closed shard.</param>
internal sealed record RecordsPage(
    IReadOnlyList<ConsumedRecord> Records, string? NextShardIterator, long? MillisBehindLatest, IReadOnlyList<ChildShard> ChildShards);

/// <summary>A record as GetRecords returns it: a user record's own bytes, or an aggregate.</summary>
/// <param name="SequenceNumber">Its number in its shard.</param>
/// <param name="PartitionKey">The partition key it was put with.</param>
/// <param name="ApproximateArrivalTimestamp">When Kinesis accepted the record, to the millisecond.</param>
internal sealed record ConsumedRecord(string SequenceNumber, string PartitionKey, byte[] Data, DateTimeOffset ApproximateArrivalTimestamp);

/// <summary>A shard that takes over from the closed one whose end was read.</summary>
internal sealed record ChildShard(string ShardId, IReadOnlyList<string> ParentShards, UInt128 StartingHashKey, UInt128 EndingHashKey);
