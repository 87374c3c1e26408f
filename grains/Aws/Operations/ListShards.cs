using System.Text.Json;
using Orleans.Kpl.Aws.Bodies;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.Transport;
using Orleans.Kpl.Aws.Wire;

namespace Orleans.Kpl.Aws.Operations;

/// <summary>ListShards: request and answer.</summary>
internal static class ListShards
{
    public static readonly KinesisOperation Operation = new("ListShards", OperationKind.Control);

    /// <summary>Writes the request for the first page. It has no MaxResults: the service's default, 1,000, is its maximum.</summary>
    public static BufferedBody FirstPage(StreamRoute stream, ShardFilter filter) =>
        BufferedBody.Write((stream, filter), static (json, state) =>
        {
            state.stream.WriteMember(json);
            json.WriteStartObject("ShardFilter"u8);
            json.WriteString("Type"u8, state.filter.Type);
            if (state.filter.ShardId is { } shardId)
                json.WriteString("ShardId"u8, shardId);
            if (state.filter.Timestamp is { } time)
                json.WriteTime("Timestamp"u8, time);
            json.WriteEndObject();
        });

    /// <summary>Writes the request for a later page: the token excludes the stream and the filter (Kinesis API, ListShards, NextToken).</summary>
    public static BufferedBody NextPage(string token) =>
        BufferedBody.Write(token, static (json, state) => json.WriteString("NextToken"u8, state));

    public static ShardPage Read(ref Utf8JsonReader json)
    {
        List<ShardDescription>? shards = null;
        string? nextToken = null;
        while (json.NextMember())
        {
            if (json.IsMember("Shards"u8))
                shards = json.ReadList(ReadShard);
            else if (json.IsMember("NextToken"u8))
                nextToken = json.GetString();
            else
                json.SkipMember();
        }

        return new ShardPage(shards ?? throw new JsonException("The answer has no Shards."), nextToken);
    }

    private static ShardDescription ReadShard(ref Utf8JsonReader json)
    {
        json.Expect(JsonTokenType.StartObject);
        string? shardId = null, parent = null, adjacentParent = null;
        (UInt128 Start, UInt128 End)? hashKeys = null;
        (string? Start, string? End) sequenceNumbers = default;
        while (json.NextMember())
        {
            if (json.IsMember("ShardId"u8))
                shardId = json.GetString();
            else if (json.IsMember("ParentShardId"u8))
                parent = json.GetString();
            else if (json.IsMember("AdjacentParentShardId"u8))
                adjacentParent = json.GetString();
            else if (json.IsMember("HashKeyRange"u8))
                hashKeys = ReadHashKeys(ref json);
            else if (json.IsMember("SequenceNumberRange"u8))
                sequenceNumbers = ReadSequenceNumbers(ref json);
            else
                json.SkipMember();
        }

        if (shardId is null || hashKeys is not { } range)
            throw new JsonException("A shard has no id or no hash keys.");
        return new ShardDescription(shardId, parent, adjacentParent, range.Start, range.End, sequenceNumbers.Start, sequenceNumbers.End);
    }

    /// <summary>Reads a hash key range; both bounds are inclusive.</summary>
    public static (UInt128 Start, UInt128 End) ReadHashKeys(ref Utf8JsonReader json)
    {
        json.Expect(JsonTokenType.StartObject);
        UInt128? start = null, end = null;
        while (json.NextMember())
        {
            if (json.IsMember("StartingHashKey"u8))
                start = json.ReadHashKey();
            else if (json.IsMember("EndingHashKey"u8))
                end = json.ReadHashKey();
            else
                json.SkipMember();
        }

        return start is { } first && end is { } last ? (first, last) : throw new JsonException("A hash key range lacks an end.");
    }

    private static (string? Start, string? End) ReadSequenceNumbers(ref Utf8JsonReader json)
    {
        json.Expect(JsonTokenType.StartObject);
        string? start = null, end = null;
        while (json.NextMember())
        {
            if (json.IsMember("StartingSequenceNumber"u8))
                start = json.GetString();
            else if (json.IsMember("EndingSequenceNumber"u8))
                end = json.GetString();
            else
                json.SkipMember();
        }

        return (start, end);
    }
}

/// <summary>One page of ListShards.</summary>
/// <param name="Shards">The page's shards.</param>
/// <param name="NextToken">The token for the next page, valid for 300 s; null on the last page.</param>
internal sealed record ShardPage(IReadOnlyList<ShardDescription> Shards, string? NextToken);

/// <summary>Selects the shards that ListShards returns (Kinesis API, ShardFilter).</summary>
/// <param name="Type">The filter's type, in Kinesis' words.</param>
/// <param name="ShardId">For AFTER_SHARD_ID.</param>
/// <param name="Timestamp">For AT_TIMESTAMP and FROM_TIMESTAMP.</param>
internal sealed record ShardFilter(string Type, string? ShardId = null, DateTimeOffset? Timestamp = null)
{
    /// <summary>The shards that are open now.</summary>
    public static readonly ShardFilter AtLatest = new("AT_LATEST");

    /// <summary>The shards that were open at the oldest record still kept.</summary>
    public static readonly ShardFilter AtTrimHorizon = new("AT_TRIM_HORIZON");

    /// <summary>All shards within the retention period, closed ones included.</summary>
    public static readonly ShardFilter FromTrimHorizon = new("FROM_TRIM_HORIZON");

    public static ShardFilter AfterShard(string shardId) => new("AFTER_SHARD_ID", ShardId: shardId);

    public static ShardFilter AtTimestamp(DateTimeOffset time) => new("AT_TIMESTAMP", Timestamp: time);

    public static ShardFilter FromTimestamp(DateTimeOffset time) => new("FROM_TIMESTAMP", Timestamp: time);
}

/// <summary>An open or closed shard as ListShards describes it.</summary>
/// <param name="ParentShardId">The shard it was split or merged from; null for an original shard, or if Kinesis no longer knows the parent.</param>
/// <param name="AdjacentParentShardId">The other parent of a merge.</param>
/// <param name="StartingHashKey">The first hash key of its range.</param>
/// <param name="EndingHashKey">The last hash key of its range.</param>
/// <param name="StartingSequenceNumber">The first sequence number it can hold.</param>
/// <param name="EndingSequenceNumber">The last sequence number of a closed shard; null while the shard is open.</param>
internal sealed record ShardDescription(
    string ShardId,
    string? ParentShardId,
    string? AdjacentParentShardId,
    UInt128 StartingHashKey,
    UInt128 EndingHashKey,
    string? StartingSequenceNumber,
    string? EndingSequenceNumber)
{
    public bool IsOpen => EndingSequenceNumber is null;
}
