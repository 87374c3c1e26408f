using Orleans.Kpl.Pipeline.Scaling.Planning;

namespace Orleans.Kpl.Pipeline.Scaling.Policy;

/// <summary>Whether UpdateShardCount would do what a plan does, in less time.</summary>
internal static class UniformChange
{
    /// <summary>Less is not worth one of ten calls a day, nor that the ranges on the way are not known before.</summary>
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
    public static ReshardPlan? Find(int steps, ReshardContext context, IReadOnlyList<double> demand, double target, double hottest, ReshardTimes times, int least, int most)
    {
        var count = context.Shards.Count;
        var wanted = Math.Ceiling(demand.Sum() / target);
        // AWS recommends multiples of a quarter of what there is: others take longer.
        var quarter = wanted <= count / 4.0 ? 1 : count / 4.0;
        var even = (int)Math.Clamp(Math.Ceiling(Math.Ceiling(wanted / quarter) * quarter), least, most);
        if (even == count || (even < count && even < wanted) || context.Quotas.UpdateShardCountsLeft < 1 || times.UpdateShardCount + LeastGain >= steps * times.Step)
            return null;
        var load = LoadProfile.FromDemand([.. context.Shards.All.Select((s, i) => (s.StartingHashKey, demand[i]))]);
        var total = demand.Sum();
        // Where the most shards are not enough they are still the best help, if the load is even.
        hottest = Math.Max(hottest, 1.15 * total / even);
        for (var i = 0; i < even; i++)
        {
            var end = i + 1 < even ? EvenRanges.Start(i + 1, even) - 1 : UInt128.MaxValue;
            if (load.Weight(EvenRanges.Start(i, even), end) * total > hottest)
                return null;
        }

        var plan = new ReshardPlanner(times).ToCount(context, even, ReshardMethod.UpdateShardCount);
        return plan.Obstacles.Count == 0 && plan.Duration + LeastGain < steps * times.Step ? plan : null;
    }
}
