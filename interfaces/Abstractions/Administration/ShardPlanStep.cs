namespace Orleans.Kpl;

/// <summary>One call of a plan. It names ranges: the ids of shards that an earlier step makes are not known before.</summary>
public sealed record ShardPlanStep
{
    /// <summary>What is called.</summary>
    public required ReshardStepKind Kind { get; init; }

    /// <summary>The first hash key of the shard that is split, or made by a merge.</summary>
    public UInt128 StartingHashKey { get; init; }

    /// <summary>Its last hash key.</summary>
    public UInt128 EndingHashKey { get; init; }

    /// <summary>Where the second of the two parts starts; null for UpdateShardCount.</summary>
    public UInt128? At { get; init; }

    /// <summary>The number of shards that UpdateShardCount makes; null otherwise.</summary>
    public int? Shards { get; init; }

    /// <summary>The share of the stream's records that will lie in another shard, 0 to 1.</summary>
    public double MovedShare { get; init; }

    /// <summary>Why, in a sentence.</summary>
    public required string Reason { get; init; }
}
