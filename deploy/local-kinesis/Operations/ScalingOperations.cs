using System.Text;
using Orleans.Kpl.LocalKinesis.Resharding;

namespace Orleans.Kpl.LocalKinesis.Operations;

/// <summary>Changes of a stream's shards that somebody asks for.</summary>
internal static class ScalingOperations
{
    /// <summary>One shard becomes two.</summary>
    public static void SplitShard(OperationCall call)
    {
        var (shardId, start) = (call.Fields.String("ShardToSplit"), call.Fields.String("NewStartingHashKey"));
        var constraints = new Constraints();
        constraints.Required("shardToSplit", shardId is not null);
        constraints.Name(shardId, "shardToSplit");
        constraints.Required("newStartingHashKey", start is not null);
        constraints.HashKey(start, "newStartingHashKey");
        constraints.ThrowIfAny();
        var newStart = HashKeys.Parse(Encoding.UTF8.GetBytes(start!), "newStartingHashKey", "NewStartingHashKey");
        Reshard.Split(call.Store, call.Stream(), shardId!, newStart);
    }

    /// <summary>Two neighbours become one.</summary>
    public static void MergeShards(OperationCall call)
    {
        var (shardId, adjacent) = (call.Fields.String("ShardToMerge"), call.Fields.String("AdjacentShardToMerge"));
        var constraints = new Constraints();
        constraints.Required("shardToMerge", shardId is not null);
        constraints.Name(shardId, "shardToMerge");
        constraints.Required("adjacentShardToMerge", adjacent is not null);
        constraints.Name(adjacent, "adjacentShardToMerge");
        constraints.ThrowIfAny();
        Reshard.Merge(call.Stream(), shardId!, adjacent!);
    }

    /// <summary>Even ranges for another number of shards, at most double and at least half.</summary>
    public static void UpdateShardCount(OperationCall call)
    {
        var (target, type) = (call.Fields.Int("TargetShardCount"), call.Fields.String("ScalingType"));
        var constraints = new Constraints();
        constraints.Required("targetShardCount", target is not null);
        constraints.Range(target, "targetShardCount", 1, int.MaxValue);
        constraints.Required("scalingType", type is not null);
        constraints.OneOf(type, "scalingType", "UNIFORM_SCALING");
        constraints.ThrowIfAny();
        var stream = call.Stream();
        var current = UniformScaling.Start(call.Store, stream, target!.Value);
        call.Answer.StartObject();
        call.Answer.Field("StreamName"u8, stream.Name);
        call.Answer.Field("StreamARN"u8, stream.Arn);
        call.Answer.Field("CurrentShardCount"u8, current);
        call.Answer.Field("TargetShardCount"u8, target.Value);
        call.Answer.EndObject();
    }
}
