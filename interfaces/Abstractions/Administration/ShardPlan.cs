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
