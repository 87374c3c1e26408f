using System.Text.Json.Serialization;
using Orleans.Kpl.Administration;

namespace Orleans.Kpl;

/// <summary>A change of a stream's shards, call after call, and what it leads to. Asking for one changes nothing.</summary>
public sealed record ShardPlan
{
    /// <summary>How the shards are changed.</summary>
    public required ReshardMethod Method { get; init; }

    /// <summary>The calls, each begun when the stream is ACTIVE after the one before.</summary>
    public required IReadOnlyList<ShardPlanStep> Steps { get; init; }

    /// <summary>All shards as they will be, in the order of their hash keys.</summary>
    public required IReadOnlyList<PlannedRange> Result { get; init; }

    /// <summary>How long it should take: Kinesis takes about half a minute for each split or merge.</summary>
    [JsonPropertyName("duration_seconds"), JsonConverter(typeof(SecondsConverter))]
    public TimeSpan Duration { get; init; }

    /// <summary>Records that change shards on the way, as multiples of the stream's load: one that moves twice counts twice.</summary>
    public double MovedShare { get; init; }

    /// <summary>The most shards that are open on the way.</summary>
    public int PeakShards { get; init; }

    /// <summary>Why it is so, in sentences.</summary>
    public required IReadOnlyList<string> Reasons { get; init; }

    /// <summary>What stands against it, in sentences: quotas, and splits that cannot help. Nothing of it keeps the plan from being tried.</summary>
    public IReadOnlyList<string> Obstacles { get; init; } = [];

    /// <summary>Other ways to the same number of shards.</summary>
    public IReadOnlyList<PlanAlternative> Alternatives { get; init; } = [];
}

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

/// <summary>A shard as it will be.</summary>
public sealed record PlannedRange
{
    /// <summary>Its first hash key.</summary>
    public required UInt128 StartingHashKey { get; init; }

    /// <summary>Its last hash key.</summary>
    public required UInt128 EndingHashKey { get; init; }

    /// <summary>Its share of the stream's load, 0 to 1; by the width of its range where no load was observed.</summary>
    public double Share { get; init; }

    /// <summary>Its id where it is open already; null where the plan makes it.</summary>
    public string? ShardId { get; init; }
}

/// <summary>Another way to the same number of shards.</summary>
public sealed record PlanAlternative
{
    /// <summary>How the shards are changed.</summary>
    public required ReshardMethod Method { get; init; }

    /// <summary>Calls to Kinesis.</summary>
    public int Calls { get; init; }

    /// <summary>How long it should take.</summary>
    [JsonPropertyName("duration_seconds"), JsonConverter(typeof(SecondsConverter))]
    public TimeSpan Duration { get; init; }

    /// <summary>Records that change shards, as multiples of the stream's load.</summary>
    public double MovedShare { get; init; }

    /// <summary>Why it cannot be done now; null where it can.</summary>
    public string? Obstacle { get; init; }
}

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
