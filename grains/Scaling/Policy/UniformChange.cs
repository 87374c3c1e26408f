using Orleans.Kpl.Scaling.Planning;

namespace Orleans.Kpl.Scaling.Policy;

/// <summary>Whether UpdateShardCount would do what a plan does, in less time.</summary>
internal static class UniformChange
{
    /// <summary>Less time is not worth a shard, nor one of ten calls a day, nor that the ranges on the way are not known before.</summary>
    private static readonly TimeSpan LeastGain = TimeSpan.FromMinutes(5);

    /// <summary>The plan by calls of UpdateShardCount, or null where it is not faster, not allowed, or would leave a shard too hot.</summary>
    /// <param name="steps">The splits or merges that it would take otherwise.</param>
    /// <param name="context">The stream.</param>
    /// <param name="demand">Each shard's demand, in shards, in the order of the ranges.</param>
    /// <param name="target">What each shard is to have at most.</param>
    /// <param name="hottest">What no shard may have.</param>
    /// <param name="times">How long Kinesis takes.</param>
    /// <param name="most">The most shards.</param>
    /// <param name="least">The fewest shards.</param>
    public static ReshardPlan? Find(int steps, ReshardContext context, IReadOnlyList<double> demand, double target, double hottest, ReshardTimes times,
        int least, int most)
    {
        var count = context.Shards.Count;
        if (context.Quotas.UpdateShardCountsLeft < 1 || times.UpdateShardCount + LeastGain >= steps * times.Step)
            return null;
        var planner = new ReshardPlanner(times);
        var load = LoadProfile.FromDemand([.. context.Shards.All.Select((s, i) => (s.StartingHashKey, demand[i]))]);
        var plans = Counts(count, demand.Sum() / target, least, most)
            .Where(even => !IsTooHot(load, demand.Sum(), even, hottest))
            .Select(even => planner.ToCount(context, even, ReshardMethod.UpdateShardCount))
            .Where(plan => plan.Obstacles.Count == 0 && plan.Duration + LeastGain < steps * times.Step)
            .OrderBy(plan => plan.Result.Count)
            .ToList();
        return plans.Count == 0 ? null : plans.First(plan => plan.Duration <= (1.25 * plans.Min(p => p.Duration)) + LeastGain);
    }

    /// <summary>
    /// Numbers of shards that are enough and not too many: multiples of a quarter of what there is, as AWS recommends, else what is wanted.
    /// Double and half take least time, because every boundary stays.
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
        // Where the most shards are not enough they are still the best help, if the load is even.
        hottest = Math.Max(hottest, 1.15 * demand / even);
        for (var i = 0; i < even; i++)
        {
            var end = i + 1 < even ? EvenRanges.Start(i + 1, even) - 1 : UInt128.MaxValue;
            if (load.Weight(EvenRanges.Start(i, even), end) * demand > hottest)
                return true;
        }

        return false;
    }
}
