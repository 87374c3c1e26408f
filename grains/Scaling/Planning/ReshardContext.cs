using Orleans.Kpl.Pipeline.Load;

namespace Orleans.Kpl.Scaling.Planning;

/// <summary>What is known of a stream when a reshard of it is planned.</summary>
internal sealed record ReshardContext(OpenShards Shards)
{
    /// <summary>What was observed; may be empty.</summary>
    public IReadOnlyList<ShardLoadReport> Loads { get; init; } = [];

    public ReshardQuotas Quotas { get; init; } = ReshardQuotas.Unknown;

    public bool IsOnDemand { get; init; }

    /// <summary>What was observed of a shard, or null.</summary>
    public ShardLoadReport? LoadOf(string shardId) => Loads.FirstOrDefault(l => l.Range.ShardId == shardId);
}
