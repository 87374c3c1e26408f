using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Load;
using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Scaling.Planning;

/// <summary>
/// Plans reshards: least time first, then fewest moved records, then fewest calls. Steps are serial for a stream and take about the same
/// time each, so least time is fewest steps.
/// </summary>
internal static class ReshardPlanner
{
    /// <summary>How far from its even place a boundary may be, as a share of a shard. Each boundary reused this way saves a split and a merge.</summary>
    public const double Slack = 0.1;

    /// <summary>The maximum number of shards that can be requested.</summary>
    public const int MostShards = 100_000;

    /// <summary>The maximum number of steps of one operation: its intent must fit into a row of 400 KB.</summary>
    public const int MostSteps = 2_000;

    /// <summary>Plans a reshard to a number of shards of even ranges.</summary>
    /// <exception cref="StreamManagerException">The stream is on-demand, or the number is not possible, or beyond any operation.</exception>
    public static ShardPlan ToCount(ReshardContext context, int target, ReshardMethod method = ReshardMethod.Plan)
    {
        RequireProvisioned(context);
        if (target is < 1 or > MostShards)
            throw new StreamManagerException(StreamManagerErrorCodes.BadTarget, $"A stream cannot have {target} shards: 1 to {MostShards}.");
        // Told from the numbers: a plan to 100,000 shards takes 1.6 s and 90 MiB.
        if (target > ReshardQuotas.MostByUpdateShardCount && Math.Abs(target - context.Shards.Count) > MostSteps)
        {
            throw new StreamManagerException(
                StreamManagerErrorCodes.TooManySteps,
                $"From {context.Shards.Count} to {target} shards no operation leads: one has at most {MostSteps} splits and merges, and "
                + $"UpdateShardCount makes at most {ReshardQuotas.MostByUpdateShardCount} shards.");
        }

        UInt128[] from = [.. context.Shards.Boundaries];
        var own = Own(context, EvenRanges.Boundaries(target, from, Slack), from);
        var theirs = Uniform(context, target, from);
        var (plan, other) = method == ReshardMethod.Plan ? (own, theirs) : (theirs, own);
        return plan with { Alternatives = [
            new PlanAlternative
            {
                Method = other.Method,
                Calls = other.Steps.Count,
                Duration = other.Duration,
                MovedShare = other.MovedShare,
                Obstacle = other.Obstacles.FirstOrDefault(),
            }] };
    }

    /// <summary>Plans a reshard to shards that start at the given hash keys, ascending; the first shard's start is not listed.</summary>
    /// <exception cref="StreamManagerException">The stream is on-demand.</exception>
    public static ShardPlan ToBoundaries(ReshardContext context, IReadOnlyList<UInt128> boundaries)
    {
        RequireProvisioned(context);
        return Own(context, [.. boundaries], [.. context.Shards.Boundaries]);
    }

    /// <summary>Plans the split of one shard.</summary>
    /// <exception cref="StreamManagerException">The stream is on-demand, there is no such shard, the key is outside it, or it holds too few hash
    /// keys.</exception>
    public static ShardPlan Split(ReshardContext context, string shardId, SplitPoint at)
    {
        RequireProvisioned(context);
        var (shard, load) = (context.Shards.Find(shardId), context.LoadOf(shardId));
        var point = at.HashKey is { } key
            ? SplitPoints.At(shard, key, load)
            : at.IsMiddle
            ? SplitPoints.Middle(shard, load)
            : SplitPoints.Weighted(shard, load);
        var plan = ToBoundaries(context, [.. context.Shards.Boundaries.Append(point.Key).Order()]);
        var isMiddle = at.IsMiddle || !SplitPoints.HasLoad(load);
        var how = at.HashKey is not null ? "the hash key given" : isMiddle ? "the middle of its range" : "the median of its load";
        return plan with
        {
            Reasons = [$"{shardId} is split at {point.Key}, {how}.", .. point.Dominant is null ? [point.Describe()] : (string[])[]],
            Obstacles = point.Dominant is null ? plan.Obstacles : [point.Describe(), .. plan.Obstacles],
        };
    }

    /// <summary>Plans the merge of two adjacent shards, in either order.</summary>
    /// <exception cref="StreamManagerException">The stream is on-demand, there is no such shard, or the shards are not adjacent.</exception>
    public static ShardPlan Merge(ReshardContext context, string shardId, string adjacentShardId)
    {
        RequireProvisioned(context);
        var (one, other) = (context.Shards.Find(shardId), context.Shards.Find(adjacentShardId));
        var (low, high) = one.StartingHashKey < other.StartingHashKey ? (one, other) : (other, one);
        if (low == high || low.EndingHashKey + 1 != high.StartingHashKey)
            throw new StreamManagerException(StreamManagerErrorCodes.NotAdjacent, $"{shardId} and {adjacentShardId} do not lie side by side: {Range(one)} and {Range(other)}.");
        var plan = ToBoundaries(context, [.. context.Shards.Boundaries.Where(b => b != high.StartingHashKey)]);
        return plan with { Reasons = [$"{low.ShardId} and {high.ShardId} become one shard."] };
    }

    private static ShardPlan Own(ReshardContext context, UInt128[] to, UInt128[] from)
    {
        var load = LoadProfile.From(context.Loads);
        var most = context.Quotas.ShardsLeft is { } left ? from.Length + 1 + left : (int?)null;
        var peak = ReshardSequence.Build(from, to, load, most, out var steps);
        var kept = from.Intersect(to).Count();
        var splits = steps.Count(static s => s.Kind == ReshardStepKind.Split);
        var overQuota = peak > most ? OverShardLimit(peak, from.Length + 1, context.Quotas) : null;
        return new ShardPlan
        {
            Method = ReshardMethod.Plan,
            Steps = steps,
            Result = Result(context.Shards, to, load),
            Duration = steps.Count * ReshardTimes.Step,
            MovedShare = steps.Sum(static s => s.MovedShare),
            PeakShards = peak,
            Reasons = steps.Count == 0
                ? ["The shards are already so: nothing is to be done."]
                : [$"{Quantity.Of(from.Length + 1, "shard")} become{(from.Length == 0 ? "s" : "")} {to.Length + 1} by {Quantity.Of(splits, "split")} and {Quantity.Of(steps.Count - splits, "merge")}, one after the other; {kept} of {from.Length} boundaries stay."],
            Obstacles = overQuota is null ? [] : [overQuota],
            OverQuota = overQuota,
        };
    }

    private static ShardPlan Uniform(ReshardContext context, int target, UInt128[] from)
    {
        var load = LoadProfile.From(context.Loads);
        var steps = UniformSequence.Build(from, target, load, out var duration);
        var to = EvenRanges.Boundaries(target, from, 0);
        List<string> overQuota = [.. UniformObstacles(context, target, steps)];
        return new ShardPlan
        {
            Method = ReshardMethod.UpdateShardCount,
            Steps = steps,
            Result = Result(context.Shards, to, load),
            Duration = duration,
            MovedShare = steps.Sum(static s => s.MovedShare),
            PeakShards = Math.Max(target, from.Length + 1),
            Reasons = [$"{Quantity.Of(from.Length + 1, "shard")} become{(from.Length == 0 ? "s" : "")} {target} by {Quantity.Of(steps.Count, "call")} of UpdateShardCount, which makes all ranges even."],
            Obstacles = overQuota,
            OverQuota = overQuota.FirstOrDefault(),
        };
    }

    private static IEnumerable<string> UniformObstacles(ReshardContext context, int target, List<ShardPlanStep> steps)
    {
        var (count, calls, quotas) = (context.Shards.Count, steps.Count, context.Quotas);
        if (calls > quotas.UpdateShardCountsLeft)
            yield return $"UpdateShardCount is needed {Quantity.Of(calls, "time")}, and may be called {Quantity.Of(quotas.UpdateShardCountsLeft, "time")} more today ({ReshardQuotas.UpdateShardCountsPerDay} in 24 hours).";
        if (quotas.ShardsLeft < target - count)
            yield return OverShardLimit(target, count, quotas);
        var most = ReshardQuotas.MostByUpdateShardCount;
        if (target > most)
            yield return $"UpdateShardCount makes at most {most} shards, and {target} are asked for.";
        else if (count > most && steps[0].Shards >= most)
            yield return $"UpdateShardCount can at most halve the number of shards, and so leads from {count} to {steps[0].Shards}; from more than {most} it must lead below that.";
    }

    private static string OverShardLimit(int peak, int count, ReshardQuotas quotas) =>
        $"Up to {Quantity.Of(peak, "shard")} are open on the way, {peak - count} more than now, and the account may open {quotas.ShardsLeft} more in this region.";

    private static List<PlannedRange> Result(ContiguousShards shards, UInt128[] boundaries, LoadProfile load) =>
        [.. EvenRanges.Between(boundaries).Select(r => new PlannedRange
        {
            StartingHashKey = r.Start, EndingHashKey = r.End, Share = load.Weight(r.Start, r.End), ShardId = shards.WithRange(r.Start, r.End)?.ShardId,
        })];

    private static string Range(ShardRange shard) => $"{shard.StartingHashKey} to {shard.EndingHashKey}";

    private static void RequireProvisioned(ReshardContext context)
    {
        if (context.IsOnDemand)
            throw new StreamManagerException(StreamManagerErrorCodes.OnDemand, "The stream is on-demand: Kinesis splits and merges its shards itself, and refuses to do so when asked.");
    }
}

/// <summary>The known facts of a stream for which a reshard is planned.</summary>
internal sealed record ReshardContext(ContiguousShards Shards)
{
    /// <summary>Gets the observed loads of shards; may be empty.</summary>
    public IReadOnlyList<ShardLoadReport> Loads { get; init; } = [];

    public ReshardQuotas Quotas { get; init; } = ReshardQuotas.Unknown;

    public bool IsOnDemand { get; init; }

    /// <summary>Returns the observed load of a shard, or null.</summary>
    public ShardLoadReport? LoadOf(string shardId) => Loads.FirstOrDefault(l => l.Range.ShardId == shardId);
}

/// <summary>The AWS quotas (pages of DescribeLimits, UpdateShardCount, SplitShard), as far as they are known.</summary>
internal sealed record ReshardQuotas
{
    /// <summary>The number of UpdateShardCount calls for a stream in any 24 hours.</summary>
    public const int UpdateShardCountsPerDay = 10;

    /// <summary>The maximum number of shards for UpdateShardCount. From a higher number it can only go below this one.</summary>
    public const int MostByUpdateShardCount = 10_000;

    /// <summary>Gets unknown quotas: no plan is rejected for them.</summary>
    public static ReshardQuotas Unknown { get; } = new();

    /// <summary>
    /// Gets the number of shards that the account may still open in the region (DescribeLimits: ShardLimit − OpenShardCount); null where it is not
    /// known.
    /// </summary>
    public int? ShardsLeft { get; init; }

    /// <summary>Gets the number of UpdateShardCount calls left for the stream now.</summary>
    public int UpdateShardCountsLeft { get; init; } = UpdateShardCountsPerDay;
}
