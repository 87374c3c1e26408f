using Orleans.Kpl.LocalKinesis.Store;
using Orleans.Kpl.LocalKinesis.Wire;

namespace Orleans.Kpl.LocalKinesis.Resharding;

/// <summary>One shard becomes two at a hash key.</summary>
internal static class ShardSplit
{
    public static void Start(StreamStore store, KinesisStream stream, string shardId, UInt128 newStart)
    {
        lock (stream.Gate)
        {
            Reshard.Require(stream);
            Reshard.RequireProvisioned(stream, "SplitShard");
            var shard = Reshard.OpenShard(stream, shardId);
            if (newStart <= shard.Range.Start + 1 || newStart >= shard.Range.End)
                throw KinesisErrors.InvalidArgument(
                    $"NewStartingHashKey {newStart} used in SplitShard() on shard {shardId} in stream {stream.Name} " +
                    $"under account {KinesisErrors.Account} is not both greater than one plus the shard's StartingHashKey {shard.Range.Start} " +
                    $"and less than the shard's EndingHashKey {shard.Range.End}.");
            store.CheckShardLimit(1);
            Reshard.Start(stream, [new(() => [shard], [new(shard.Range.Start, newStart - 1), new(newStart, shard.Range.End)])]);
        }
    }
}
