using System.Text.Json.Serialization;

namespace Orleans.Kpl;

/// <summary>What a step of a reshard calls.</summary>
public enum ReshardStepKind
{
    /// <summary>SplitShard: one shard becomes two.</summary>
    [JsonStringEnumMemberName("split")]
    Split,

    /// <summary>MergeShards: two neighbours become one.</summary>
    [JsonStringEnumMemberName("merge")]
    Merge,

    /// <summary>UpdateShardCount: Kinesis makes that many even shards.</summary>
    [JsonStringEnumMemberName("update_shard_count")]
    UpdateShardCount,
}
