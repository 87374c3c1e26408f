using Orleans.Kpl.Pipeline.Load;

namespace Orleans.Kpl.Scaling.Planning;

/// <summary>The known facts of a stream for which a reshard is planned.</summary>
internal sealed record ReshardContext(ContiguousShards Shards)
{
    /// <summary>Gets the observed loads of shards; may be empty.</summary>
    public IReadOnlyList<ShardLoadReport> Loads { get; init; } = [];

    public ReshardQuotas Quotas { get; init; } = ReshardQuotas.Unknown;

    public bool IsOnDemand { get; init; }

    /// <summary>Returns the observed load of a shard, or null.</summary>
    public ShardLoadReport? LoadOf(string shardId) => Loads.FirstOrDefault(l => l.Range.ShardId == shardId);
}

/// <summary>The AWS quotas (pages of DescribeLimits, UpdateShardCount, SplitShard), as far as they are known.</summary>
internal sealed record ReshardQuotas
{
    /// <summary>The number of UpdateShardCount calls for a stream in any 24 hours.</summary>
    public const int UpdateShardCountsPerDay = 10;

    /// <summary>The maximum number of shards for UpdateShardCount. From a higher number it can only go below this one.</summary>
    public const int MostByUpdateShardCount = 10_000;

    /// <summary>Gets unknown quotas: no plan is rejected for them.</summary>
    public static ReshardQuotas Unknown { get; } = new();

    /// <summary>
    /// Gets the number of shards that the account may still open in the region (DescribeLimits: ShardLimit − OpenShardCount); null where it is not
    /// known.
    /// </summary>
    public int? ShardsLeft { get; init; }

    /// <summary>Gets the number of UpdateShardCount calls left for the stream now.</summary>
    public int UpdateShardCountsLeft { get; init; } = UpdateShardCountsPerDay;
}
