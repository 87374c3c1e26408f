using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Orleans.Kpl.Aws.Bodies;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.Transport;
using Orleans.Kpl.Aws.Wire;

namespace Orleans.Kpl.Aws.Operations;

/// <summary>SplitShard, MergeShards and UpdateShardCount.</summary>
internal static class Resharding
{
    public static readonly KinesisOperation Split = new("SplitShard", OperationKind.Control);

    public static readonly KinesisOperation Merge = new("MergeShards", OperationKind.Control);

    public static readonly KinesisOperation UpdateCount = new("UpdateShardCount", OperationKind.Control);

    /// <summary>Writes the request to split a shard; the second child starts at the given hash key.</summary>
    public static BufferedBody SplitRequest(StreamRoute stream, string shardId, UInt128 newStartingHashKey) =>
        BufferedBody.Write((stream, shardId, newStartingHashKey), static (json, state) =>
        {
            state.stream.WriteMember(json);
            json.WriteString("ShardToSplit"u8, state.shardId);
            json.WriteString("NewStartingHashKey"u8, state.newStartingHashKey.ToString(CultureInfo.InvariantCulture));
        });

    public static BufferedBody MergeRequest(StreamRoute stream, string shardId, string adjacentShardId) =>
        BufferedBody.Write((stream, shardId, adjacentShardId), static (json, state) =>
        {
            state.stream.WriteMember(json);
            json.WriteString("ShardToMerge"u8, state.shardId);
            json.WriteString("AdjacentShardToMerge"u8, state.adjacentShardId);
        });

    /// <summary>Writes the request to set the number of shards; UNIFORM_SCALING is the only scaling type.</summary>
    public static BufferedBody UpdateCountRequest(StreamRoute stream, int targetShardCount) =>
        BufferedBody.Write((stream, targetShardCount), static (json, state) =>
        {
            state.stream.WriteMember(json);
            json.WriteNumber("TargetShardCount"u8, state.targetShardCount);
            json.WriteString("ScalingType"u8, "UNIFORM_SCALING"u8);
        });

    public static ShardCountChange ReadUpdateCount(ref Utf8JsonReader json) => json.ReadAs(KinesisAnswers.Default.ShardCountChange);
}

/// <summary>The answer of UpdateShardCount.</summary>
[method: JsonConstructor]
internal readonly record struct ShardCountChange(int CurrentShardCount, int TargetShardCount);
