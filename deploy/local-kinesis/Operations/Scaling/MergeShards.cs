using Orleans.Kpl.LocalKinesis.Resharding;
using Orleans.Kpl.LocalKinesis.Wire;

namespace Orleans.Kpl.LocalKinesis.Operations.Scaling;

/// <summary>Two neighbours become one.</summary>
internal static class MergeShards
{
    public static void Execute(OperationCall call)
    {
        var (shardId, adjacent) = (call.Fields.String("ShardToMerge"), call.Fields.String("AdjacentShardToMerge"));
        var constraints = new Constraints();
        constraints.Required("shardToMerge", shardId is not null);
        constraints.Name(shardId, "shardToMerge");
        constraints.Required("adjacentShardToMerge", adjacent is not null);
        constraints.Name(adjacent, "adjacentShardToMerge");
        constraints.ThrowIfAny();
        ShardMerge.Start(call.Stream(), shardId!, adjacent!);
    }
}
