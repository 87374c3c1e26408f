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

/// <summary>
/// One call of a reshard. It names ranges, not shards: the ids of shards that an earlier step makes are not known yet.
/// </summary>
/// <param name="Kind">What is called.</param>
/// <param name="Start">The first hash key of the shard that is split or made by a merge; 0 for UpdateShardCount.</param>
/// <param name="End">Its last hash key; 2^128 − 1 for UpdateShardCount.</param>
/// <param name="At">Where the second child starts, or the second of the shards that are merged; 0 for UpdateShardCount.</param>
/// <param name="TargetCount">The number of shards that UpdateShardCount is to make; else 0.</param>
/// <param name="MovedShare">The share of the stream's records that will lie in another shard.</param>
/// <param name="Reason">Why, in a sentence.</param>
internal sealed record ReshardStep(ReshardStepKind Kind, UInt128 Start, UInt128 End, UInt128 At, int TargetCount, double MovedShare, string Reason);

/// <summary>A shard as it will be.</summary>
/// <param name="Start">Its first hash key.</param>
/// <param name="End">Its last hash key.</param>
/// <param name="Share">Its share of the stream's load, 0 to 1; by the width of its range where no load was observed.</param>
/// <param name="ShardId">Its id where it is open already; null where the plan makes it.</param>
internal sealed record PlannedShard(UInt128 Start, UInt128 End, double Share, string? ShardId);

/// <summary>Another way to the same number of shards.</summary>
/// <param name="Method">How.</param>
/// <param name="Calls">Calls to Kinesis.</param>
/// <param name="Duration">How long it should take.</param>
/// <param name="MovedShare">Records that change shards, as multiples of the stream's load.</param>
/// <param name="Obstacle">Why it cannot be done now; null where it can.</param>
internal sealed record ReshardAlternative(ReshardMethod Method, int Calls, TimeSpan Duration, double MovedShare, string? Obstacle);
