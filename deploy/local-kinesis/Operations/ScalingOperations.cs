using Orleans.Kpl.LocalKinesis.Resharding;

namespace Orleans.Kpl.LocalKinesis.Operations;

/// <summary>Changes of a stream's shards that somebody asks for.</summary>
internal static class ScalingOperations
{
    /// <summary>One shard becomes two.</summary>
    public static void SplitShard(OperationCall call)
    {
        var (shardId, start) = Constraints.Read(c => (
            c.Name(call.Fields.String("ShardToSplit"), "shardToSplit", required: true),
            c.HashKey(call.Fields.String("NewStartingHashKey"), "newStartingHashKey", required: true)));
        Reshard.Split(call.Store, call.Stream(), shardId!, HashKeys.Parse(start!, "NewStartingHashKey"));
    }

    /// <summary>Two neighbours become one.</summary>
    public static void MergeShards(OperationCall call)
    {
        var (shardId, adjacent) = Constraints.Read(c => (
            c.Name(call.Fields.String("ShardToMerge"), "shardToMerge", required: true),
            c.Name(call.Fields.String("AdjacentShardToMerge"), "adjacentShardToMerge", required: true)));
        Reshard.Merge(call.Stream(), shardId!, adjacent!);
    }

    /// <summary>Even ranges for another number of shards, at most double and at least half.</summary>
    public static void UpdateShardCount(OperationCall call)
    {
        var (target, _) = Constraints.Read(c => (
            c.Range(call.Fields.Int("TargetShardCount"), "targetShardCount", 1, int.MaxValue, required: true),
            c.OneOf(call.Fields.String("ScalingType"), "scalingType", required: true, "UNIFORM_SCALING")));
        var stream = call.Stream();
        var current = UniformScaling.Start(call.Store, stream, target!.Value);
        call.Answer.Field("StreamName"u8, stream.Name);
        call.Answer.Field("StreamARN"u8, stream.Arn);
        call.Answer.Field("CurrentShardCount"u8, current);
        call.Answer.Field("TargetShardCount"u8, target.Value);
    }
}
