using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Simulation.Cluster;

/// <summary>Shards are changed by the world: managers ask for none.</summary>
internal sealed class ClosedControl : IKinesisControl
{
    public Task SplitShardAsync(StreamTarget stream, string shardId, UInt128 newStartingHashKey, CancellationToken cancellationToken) => throw Refused();

    public Task MergeShardsAsync(StreamTarget stream, string shardId, string adjacentShardId, CancellationToken cancellationToken) => throw Refused();

    public Task UpdateShardCountAsync(StreamTarget stream, int targetShardCount, CancellationToken cancellationToken) => throw Refused();

    public ValueTask<AccountShards> DescribeLimitsAsync(StreamTarget stream, CancellationToken cancellationToken) => throw Refused();

    private static KinesisException Refused() => new(KinesisFailureKind.Refused, "AccessDeniedException", "simulated", 400);
}
