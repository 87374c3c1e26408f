using Orleans.Kpl.Pipeline.Load;

namespace Orleans.Kpl.Scaling.Planning;

/// <summary>What is known of a stream when a reshard of it is planned.</summary>
internal sealed record ReshardContext(ContiguousShards Shards)
{
    /// <summary>What was observed; may be empty.</summary>
    public IReadOnlyList<ShardLoadReport> Loads { get; init; } = [];

    public ReshardQuotas Quotas { get; init; } = ReshardQuotas.Unknown;

    public bool IsOnDemand { get; init; }

    /// <summary>What was observed of a shard, or null.</summary>
    public ShardLoadReport? LoadOf(string shardId) => Loads.FirstOrDefault(l => l.Range.ShardId == shardId);
}

/// <summary>What AWS allows (pages of DescribeLimits, UpdateShardCount, SplitShard), as far as it is known.</summary>
internal sealed record ReshardQuotas
{
    /// <summary>UpdateShardCount calls for a stream in any 24 hours.</summary>
    public const int UpdateShardCountsPerDay = 10;

    /// <summary>UpdateShardCount makes no more shards than that, and from above it only goes below it.</summary>
    public const int MostByUpdateShardCount = 10_000;

    /// <summary>Nothing is known: nothing is held against a plan.</summary>
    public static ReshardQuotas Unknown { get; } = new();

    /// <summary>Shards that the account may still open in the region (DescribeLimits: ShardLimit − OpenShardCount); null where it is not known.</summary>
    public int? ShardsLeft { get; init; }

    /// <summary>UpdateShardCount calls left for the stream now.</summary>
    public int UpdateShardCountsLeft { get; init; } = UpdateShardCountsPerDay;
}
