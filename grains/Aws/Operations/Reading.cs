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
