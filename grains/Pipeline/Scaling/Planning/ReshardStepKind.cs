namespace Orleans.Kpl.Pipeline.Scaling.Planning;

/// <summary>What a step of a reshard calls.</summary>
internal enum ReshardStepKind
{
    /// <summary>SplitShard: one shard becomes two.</summary>
    Split,

    /// <summary>MergeShards: two neighbours become one.</summary>
    Merge,

    /// <summary>UpdateShardCount: Kinesis makes that many even shards.</summary>
    UpdateShardCount,
}
