using Orleans.Kpl.LocalKinesis.Store;
using Orleans.Kpl.LocalKinesis.Wire;

namespace Orleans.Kpl.LocalKinesis.Resharding;

/// <summary>Two neighbouring shards become one.</summary>
internal static class ShardMerge
{
    public static void Start(KinesisStream stream, string shardId, string adjacentShardId)
    {
        lock (stream.Gate)
        {
            Reshard.Require(stream);
            Reshard.RequireProvisioned(stream, "MergeShards");
            var shard = Reshard.OpenShard(stream, shardId);
            var adjacent = Reshard.OpenShard(stream, adjacentShardId);
            var (low, high) = shard.Range.Start < adjacent.Range.Start ? (shard, adjacent) : (adjacent, shard);
            if (shard == adjacent || low.Range.End + 1 != high.Range.Start)
                throw KinesisErrors.InvalidArgument(
                    $"Shards {shardId} and {adjacentShardId} in stream {stream.Name} under account {KinesisErrors.Account} " +
                    "are not an adjacent pair of shards eligible for merging");
            Reshard.Start(stream, [new(() => [shard, adjacent], [new(low.Range.Start, high.Range.End)])]);
        }
    }
}
