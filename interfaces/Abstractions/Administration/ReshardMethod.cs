using System.Text.Json.Serialization;

namespace Orleans.Kpl;

/// <summary>How a number of shards is reached.</summary>
public enum ReshardMethod
{
    /// <summary>By our own splits and merges, whose ranges are known before: nothing is sent twice, order is kept.</summary>
    [JsonStringEnumMemberName("plan")]
    Plan,

    /// <summary>By AWS' UpdateShardCount, which makes all ranges even.</summary>
    [JsonStringEnumMemberName("update_shard_count")]
    UpdateShardCount,
}
