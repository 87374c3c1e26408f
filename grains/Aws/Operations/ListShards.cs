using System.Text.Json;
using System.Text.Json.Serialization;
using Orleans.Kpl.Aws.Wire;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Aws.Operations;

/// <summary>The filter and the answer of ListShards.</summary>
internal static class ListShards
{
    /// <summary>Writes which shards are listed.</summary>
    public static void Write(Utf8JsonWriter json, ShardFilter filter)
    {
        json.WriteStartObject("ShardFilter"u8);
        json.WriteString("Type"u8, filter.Type);
        if (filter.ShardId is { } shardId)
            json.WriteString("ShardId"u8, shardId);
        if (filter.Timestamp is { } time)
            json.WriteTime("Timestamp"u8, time);
        json.WriteEndObject();
    }

    public static ShardPage Read(ref Utf8JsonReader json)
    {
        var answer = json.ReadAs(KinesisAnswers.Default.ShardsAnswer);
        return new ShardPage([.. answer.Shards.Select(static s => new ShardDescription(
            s.ShardId, s.ParentShardId, s.AdjacentParentShardId, s.HashKeyRange.StartingHashKey, s.HashKeyRange.EndingHashKey,
            s.SequenceNumberRange?.StartingSequenceNumber, s.SequenceNumberRange?.EndingSequenceNumber))], answer.NextToken);
    }
}

/// <summary>The answer as it comes.</summary>
internal sealed record ShardsAnswer(IReadOnlyList<ListedShard> Shards, string? NextToken = null);

/// <summary>A shard as it comes.</summary>
[method: JsonConstructor]
internal readonly record struct ListedShard(
    string ShardId, HashKeyRange HashKeyRange, string? ParentShardId = null, string? AdjacentParentShardId = null,
    SequenceNumberRange? SequenceNumberRange = null);

/// <summary>The sequence numbers of a shard; an open one has no end.</summary>
internal sealed record SequenceNumberRange(string? StartingSequenceNumber = null, string? EndingSequenceNumber = null);

/// <summary>One page of ListShards.</summary>
/// <param name="Shards">The page's shards.</param>
/// <param name="NextToken">The token for the next page, valid for 300 s; null on the last page.</param>
internal sealed record ShardPage(IReadOnlyList<ShardDescription> Shards, string? NextToken);

/// <summary>Selects the shards that ListShards returns (Kinesis API, ShardFilter).</summary>
/// <param name="Type">The filter's type, in Kinesis' words.</param>
/// <param name="ShardId">For AFTER_SHARD_ID.</param>
/// <param name="Timestamp">For FROM_TIMESTAMP.</param>
internal sealed record ShardFilter(string Type, string? ShardId = null, DateTimeOffset? Timestamp = null)
{
    /// <summary>The shards that are open now.</summary>
    public static readonly ShardFilter AtLatest = new("AT_LATEST");

    /// <summary>All shards within the retention period, closed ones included.</summary>
    public static readonly ShardFilter FromTrimHorizon = new("FROM_TRIM_HORIZON");

    public static ShardFilter AfterShard(string shardId) => new("AFTER_SHARD_ID", ShardId: shardId);

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

    public ShardRange ToRange() => new(ShardId, StartingHashKey, EndingHashKey, StartingSequenceNumber);
}
