namespace Orleans.Kpl.Scaling.Planning;

/// <summary>An ordered reshard, one call after the other, and its result. Making a plan changes nothing.</summary>
internal sealed record ReshardPlan
{
    public required ReshardMethod Method { get; init; }

    /// <summary>Gets the calls. Each is begun when the stream is ACTIVE after the previous one.</summary>
    public required IReadOnlyList<ReshardStep> Steps { get; init; }

    /// <summary>Gets all shards after the reshard, in the order of their ranges.</summary>
    public required IReadOnlyList<PlannedShard> Result { get; init; }

    /// <summary>Gets the expected duration.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>Gets the records that change shards on the way, as multiples of the stream's load: one that moves twice counts twice.</summary>
    public required double MovedShare { get; init; }

    /// <summary>Gets the maximum number of shards that are open on the way.</summary>
    public required int PeakShards { get; init; }

    /// <summary>Gets the reasons for the plan, in sentences.</summary>
    public required IReadOnlyList<string> Reasons { get; init; }

    /// <summary>Gets the obstacles to the plan, in sentences: quotas, and splits that cannot help.</summary>
    public required IReadOnlyList<string> Obstacles { get; init; }

    /// <summary>Gets the first obstacle that is a quota of AWS: Kinesis would refuse, at once or half-way. Null where there is none.</summary>
    public string? OverQuota { get; init; }

    /// <summary>Gets other ways to the same number of shards.</summary>
    public IReadOnlyList<ReshardAlternative> Alternatives { get; init; } = [];
}

/// <summary>One call of a reshard. It names ranges, not shards: the ids of shards that an earlier step makes are not known yet.</summary>
/// <param name="Kind">The call.</param>
/// <param name="Start">The first hash key of the shard that is split or made by a merge; 0 for UpdateShardCount.</param>
/// <param name="End">Its last hash key; 2^128 − 1 for UpdateShardCount.</param>
/// <param name="At">Where the second child starts, or the second of the shards that are merged; 0 for UpdateShardCount.</param>
/// <param name="TargetCount">The number of shards that UpdateShardCount is to make; otherwise 0.</param>
/// <param name="MovedShare">The share of the stream's records that move to another shard.</param>
/// <param name="Reason">The reason, in a sentence.</param>
internal sealed record ReshardStep(ReshardStepKind Kind, UInt128 Start, UInt128 End, UInt128 At, int TargetCount, double MovedShare, string Reason);

/// <summary>A shard after the reshard.</summary>
/// <param name="Start">Its first hash key.</param>
/// <param name="End">Its last hash key.</param>
/// <param name="Share">Its share of the stream's load, 0 to 1; by the width of its range where no load was observed.</param>
/// <param name="ShardId">Its id where it is open already; null where the plan makes it.</param>
internal sealed record PlannedShard(UInt128 Start, UInt128 End, double Share, string? ShardId);

/// <summary>Another way to the same number of shards.</summary>
/// <param name="Calls">The number of calls to Kinesis.</param>
/// <param name="Duration">The expected duration.</param>
/// <param name="MovedShare">Records that change shards, as multiples of the stream's load.</param>
/// <param name="Obstacle">Why it cannot be done now; null where it can.</param>
internal sealed record ReshardAlternative(ReshardMethod Method, int Calls, TimeSpan Duration, double MovedShare, string? Obstacle);

/// <summary>
/// Estimates how long Kinesis takes. AWS publishes no figures. A split or merge must find the stream ACTIVE, and so waits for the previous one; it is
/// known to take about half a minute. UpdateShardCount "could take a few minutes, depending on the size" (its page); the time for each of its own
/// splits and merges is an estimate from that.
/// </summary>
internal sealed record ReshardTimes
{
    public static ReshardTimes Default { get; } = new();

    /// <summary>Gets the time from the call of one split or merge until the stream is ACTIVE again.</summary>
    public TimeSpan Step { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Gets the minimum time of UpdateShardCount.</summary>
    public TimeSpan UpdateShardCount { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Gets the additional time of UpdateShardCount for each boundary that it adds or removes.</summary>
    public TimeSpan UpdateShardCountPerBoundary { get; init; } = TimeSpan.FromSeconds(0.5);
}
