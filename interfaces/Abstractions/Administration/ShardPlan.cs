using System.Text.Json.Serialization;
using Orleans.Kpl.Administration;

namespace Orleans.Kpl;

/// <summary>A sequence of calls that changes a stream's shards, and the resulting shards. Making a plan changes nothing.</summary>
public sealed record ShardPlan
{
    /// <summary>How the shards are changed.</summary>
    public required ReshardMethod Method { get; init; }

    /// <summary>The calls. Each begins when the stream is ACTIVE again after the previous call.</summary>
    public required IReadOnlyList<ShardPlanStep> Steps { get; init; }

    /// <summary>The resulting shards, in the order of their hash keys.</summary>
    public required IReadOnlyList<PlannedRange> Result { get; init; }

    /// <summary>The expected duration: Kinesis takes about half a minute for each split or merge.</summary>
    [JsonPropertyName("duration_seconds"), JsonConverter(typeof(SecondsConverter))]
    public TimeSpan Duration { get; init; }

    /// <summary>Records that move to another shard, as multiples of the stream's load: a record that moves twice counts twice.</summary>
    public double MovedShare { get; init; }

    /// <summary>The maximum number of open shards during the change.</summary>
    public int PeakShards { get; init; }

    /// <summary>The reasons for the plan, in sentences.</summary>
    public required IReadOnlyList<string> Reasons { get; init; }

    /// <summary>Objections to the plan, in sentences: quotas, and splits that cannot help. They do not prevent an attempt.</summary>
    public IReadOnlyList<string> Obstacles { get; init; } = [];

    /// <summary>The first obstacle that is a quota of AWS: Kinesis would refuse, at once or half-way. Null where there is none; does not travel.</summary>
    internal string? OverQuota { get; init; }

    /// <summary>Other ways to the same number of shards.</summary>
    public IReadOnlyList<PlanAlternative> Alternatives { get; init; } = [];
}

/// <summary>One call of a plan. It names hash key ranges, because the ids of shards made by an earlier step are not known in advance.</summary>
public sealed record ShardPlanStep
{
    /// <summary>The Kinesis operation to call.</summary>
    public required ReshardStepKind Kind { get; init; }

    /// <summary>The first hash key of the shard to split, or of the merged shard.</summary>
    public UInt128 StartingHashKey { get; init; }

    /// <summary>The last hash key of that shard.</summary>
    public UInt128 EndingHashKey { get; init; }

    /// <summary>The first hash key of the second of the two parts; null for UpdateShardCount.</summary>
    public UInt128? At { get; init; }

    /// <summary>The number of shards that UpdateShardCount sets; null otherwise.</summary>
    public int? Shards { get; init; }

    /// <summary>The share of the stream's records that will be in another shard, 0 to 1.</summary>
    public double MovedShare { get; init; }

    /// <summary>The reason for the step, in a sentence.</summary>
    public required string Reason { get; init; }
}

/// <summary>A shard that results from a plan.</summary>
public sealed record PlannedRange
{
    /// <summary>Its first hash key.</summary>
    public required UInt128 StartingHashKey { get; init; }

    /// <summary>Its last hash key.</summary>
    public required UInt128 EndingHashKey { get; init; }

    /// <summary>Its share of the stream's load, 0 to 1; estimated from the width of its range if no load was observed.</summary>
    public double Share { get; init; }

    /// <summary>Its id if it is already open; null if the plan creates it.</summary>
    public string? ShardId { get; init; }
}

/// <summary>Another way to the same number of shards.</summary>
public sealed record PlanAlternative
{
    /// <summary>How the shards are changed.</summary>
    public required ReshardMethod Method { get; init; }

    /// <summary>The number of calls to Kinesis.</summary>
    public int Calls { get; init; }

    /// <summary>The expected duration.</summary>
    [JsonPropertyName("duration_seconds"), JsonConverter(typeof(SecondsConverter))]
    public TimeSpan Duration { get; init; }

    /// <summary>Records that move to another shard, as multiples of the stream's load.</summary>
    public double MovedShare { get; init; }

    /// <summary>The reason why this way is not possible now; null when it is.</summary>
    public string? Obstacle { get; init; }
}

/// <summary>How a number of shards is reached.</summary>
public enum ReshardMethod
{
    /// <summary>By this library's own splits and merges, whose ranges are known in advance: no record is sent twice, and order is kept.</summary>
    [JsonStringEnumMemberName("plan")]
    Plan,

    /// <summary>By AWS' UpdateShardCount, which makes all ranges even.</summary>
    [JsonStringEnumMemberName("update_shard_count")]
    UpdateShardCount,
}

/// <summary>The Kinesis operation that a step calls.</summary>
public enum ReshardStepKind
{
    /// <summary>SplitShard: one shard becomes two.</summary>
    [JsonStringEnumMemberName("split")]
    Split,

    /// <summary>MergeShards: two neighbours become one.</summary>
    [JsonStringEnumMemberName("merge")]
    Merge,

    /// <summary>UpdateShardCount: Kinesis creates the given number of even shards.</summary>
    [JsonStringEnumMemberName("update_shard_count")]
    UpdateShardCount,
}
