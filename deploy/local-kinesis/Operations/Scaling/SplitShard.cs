using System.Text;
using Orleans.Kpl.LocalKinesis.Resharding;
using Orleans.Kpl.LocalKinesis.Wire;

namespace Orleans.Kpl.LocalKinesis.Operations.Scaling;

/// <summary>One shard becomes two.</summary>
internal static class SplitShard
{
    public static void Execute(OperationCall call)
    {
        var (shardId, start) = (call.Fields.String("ShardToSplit"), call.Fields.String("NewStartingHashKey"));
        var constraints = new Constraints();
        constraints.Required("shardToSplit", shardId is not null);
        constraints.Name(shardId, "shardToSplit");
        constraints.Required("newStartingHashKey", start is not null);
        constraints.HashKey(start, "newStartingHashKey");
        constraints.ThrowIfAny();
        var newStart = HashKeys.Parse(Encoding.UTF8.GetBytes(start!), "newStartingHashKey", "NewStartingHashKey");
        ShardSplit.Start(call.Store, call.Stream(), shardId!, newStart);
    }
}
