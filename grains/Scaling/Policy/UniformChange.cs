using Orleans.Kpl.Scaling.Planning;

namespace Orleans.Kpl.Scaling.Policy;

/// <summary>Checks whether UpdateShardCount would achieve what a plan does, in less time.</summary>
internal static class UniformChange
{
    /// <summary>
    /// The minimum gain in time. A smaller one is not worth a shard, one of ten calls a day, or ranges that are not known in advance on the way.
    /// </summary>
    private static readonly TimeSpan LeastGain = TimeSpan.FromMinutes(5);

    /// <summary>Returns the plan by calls of UpdateShardCount, or null where it is not faster, not allowed, or would leave a shard too hot.</summary>
    /// <param name="steps">The number of splits or merges otherwise.</param>
    /// <param name="context">The stream.</param>
    /// <param name="demand">Each shard's demand, in shards, in the order of the ranges.</param>
    /// <param name="target">The target demand of each shard.</param>
    /// <param name="hottest">The demand that no shard may exceed.</param>
    /// <param name="most">The maximum number of shards.</param>
    /// <param name="least">The minimum number of shards; above <paramref name="most"/> none is allowed.</param>
    public static ShardPlan? Find(int steps, ReshardContext context, IReadOnlyList<double> demand, double target, double hottest,
        int least, int most)
    {
        var count = context.Shards.Count;
        if (least > most || context.Quotas.UpdateShardCountsLeft < 1 || ReshardTimes.UpdateShardCount + LeastGain >= steps * ReshardTimes.Step)
            return null;
        var load = LoadProfile.FromDemand([.. context.Shards.All.Select((s, i) => (s.StartingHashKey, demand[i]))]);
        var plans = Counts(count, demand.Sum() / target, least, most)
            .Where(even => even <= ReshardQuotas.MostByUpdateShardCount && !IsTooHot(load, demand.Sum(), even, hottest))
            .Select(even => ReshardPlanner.ToCount(context, even, ReshardMethod.UpdateShardCount))
            .Where(plan => plan.Obstacles.Count == 0 && plan.Duration + LeastGain < steps * ReshardTimes.Step)
            .OrderBy(plan => plan.Result.Count)
            .ToList();
        return plans.Count == 0 ? null : plans.First(plan => plan.Duration <= (1.25 * plans.Min(p => p.Duration)) + LeastGain);
    }

    /// <summary>
    /// Returns numbers of shards that are enough and not too many: multiples of a quarter of the current number, as AWS recommends, otherwise the
    /// wanted number. Doubling and halving take the least time, because every boundary stays.
    /// </summary>
    private static IEnumerable<int> Counts(int count, double demand, int least, int most)
    {
        var wanted = (int)Math.Clamp(Math.Ceiling(demand), least, most);
        if (wanted == count)
            return [];
        int[] quarters = [(count + 3) / 4, (count + 1) / 2, ((3 * count) + 3) / 4, ((5 * count) + 3) / 4, ((3 * count) + 1) / 2,
            ((7 * count) + 3) / 4, 2 * count];
        var isFar = wanted <= count / 4;
        var fit = quarters.Where(c => c >= wanted && c <= most && c > count == wanted > count && c != count).DefaultIfEmpty(wanted);
        return (isFar ? fit.Append(wanted) : fit).Distinct();
    }

    private static bool IsTooHot(LoadProfile load, double demand, int even, double hottest)
    {
        // If the maximum number of shards is not enough, it is still the best help, provided the load is even.
        hottest = Math.Max(hottest, 1.15 * demand / even);
        return EvenRanges.Between(EvenRanges.Boundaries(even, [], 0)).Any(r => load.Weight(r.Start, r.End) * demand > hottest);
    }
}
