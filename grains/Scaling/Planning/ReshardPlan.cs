namespace Orleans.Kpl.Scaling.Planning;

/// <summary>An ordered reshard, one call after the other, and what it leads to. Making one changes nothing.</summary>
internal sealed record ReshardPlan
{
    public required ReshardMethod Method { get; init; }

    /// <summary>The calls, each begun when the stream is ACTIVE after the one before.</summary>
    public required IReadOnlyList<ReshardStep> Steps { get; init; }

    /// <summary>All shards as they will be, in the order of their ranges.</summary>
    public required IReadOnlyList<PlannedShard> Result { get; init; }

    /// <summary>How long it should take.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>Records that change shards on the way, as multiples of the stream's load: one that moves twice counts twice.</summary>
    public required double MovedShare { get; init; }

    /// <summary>The most shards that are open on the way.</summary>
    public required int PeakShards { get; init; }

    /// <summary>Why it is so, in sentences.</summary>
    public required IReadOnlyList<string> Reasons { get; init; }

    /// <summary>What stands against it, in sentences: quotas, and splits that cannot help.</summary>
    public required IReadOnlyList<string> Obstacles { get; init; }

    /// <summary>The first of them that is a quota of AWS: Kinesis would refuse, at once or half-way. Null where there is none.</summary>
    public string? OverQuota { get; init; }

    /// <summary>Other ways to the same number of shards.</summary>
    public IReadOnlyList<ReshardAlternative> Alternatives { get; init; } = [];

    /// <summary>The share of the load that the busiest shard will have.</summary>
    public double BusiestShare => Result.Max(static s => s.Share);
}
