using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Load;
using Orleans.Kpl.Scaling.Planning;
using Orleans.Kpl.Texts;
using static System.FormattableString;

namespace Orleans.Kpl.Scaling.Policy;

/// <summary>
/// Adds shards: a shard that is throttled (Darkseid's rule) or overloaded for minutes in a row is split into as many pieces as its demand needs, at
/// its load's hash keys. Shards that are nearly so are split with it, so that a load at the threshold makes one change and not many.
/// </summary>
internal sealed class ScaleOutRule(ScalingOptions options)
{
    /// <summary>The factor on a threshold that counts as nearly: twice the noise of 5 % that must not matter.</summary>
    public const double Nearly = 0.9;

    private const int LeastSustained = 5;

    /// <summary>The number of steps that take ten minutes.</summary>
    private const int StepsMeanwhile = 20;

    private readonly record struct Cut(ShardRange Shard, double Demand, IReadOnlyList<UInt128> At);

    /// <summary>
    /// Returns whether no shard that a split could help is anywhere near its limits. Of a shard that takes records for less than a minute, as a split's
    /// parts do at first, that is not known yet.
    /// </summary>
    public bool IsOver(ScalingObservation seen)
    {
        string? hopeless = null;
        return !seen.Shards.Any(s =>
            ((s.Minutes.Count == 0 && seen.LoadOf(s.Range) is not null)
            || s.Mean(options.ConsecutiveMinutes) >= Nearly * options.SplitUtilisation || (s.Minutes.Count > 0 && s.Minutes[^1].Throttled > 0))
            && CutsOf(s.Range, seen.LoadOf(s.Range), 2, ref hopeless).Count > 0);
    }

    public ScalingProposal? Propose(ScalingObservation seen)
    {
        if (!seen.Shards.Any(s => IsHot(s, 1)))
            return null;
        // Those that are nearly hot come last, whatever their demand: where few splits are allowed they must not take the place of one that is.
        var hot = seen.Shards.Where(s => IsHot(s, Nearly)).OrderByDescending(s => IsHot(s, 1)).ThenByDescending(Demand).ToList();
        var cuts = new List<Cut>();
        var steps = 0;
        string? hopeless = null;
        var over = 0;
        var isTriggered = false;
        foreach (var shard in hot)
        {
            var pieces = Math.Max(2, (int)Math.Ceiling(Demand(shard) / options.TargetUtilisation));
            var left = options.StepsPerOperation - steps;
            var at = CutsOf(shard.Range, seen.LoadOf(shard.Range), Math.Clamp(left + 1, 2, pieces), ref hopeless);
            // UpdateShardCount does not help it either, and is not worth it for those that a few splits help.
            if (at.Count == 0)
                continue;
            over += pieces - 1;
            if (left <= 0)
                continue;
            steps += at.Count;
            isTriggered |= IsHot(shard, 1);
            cuts.Add(new Cut(shard.Range, shard.Mean(options.ConsecutiveMinutes), at));
        }

        var reason = Reason(hot, seen.Shards.Count);
        if (!isTriggered)
            return new ScalingProposal(ScalingDecisionKind.Out, $"{reason} {hopeless}", null, []);
        return Plan(seen, cuts, over, $"{reason}{(hopeless is null ? "" : " " + hopeless)}");
    }

    private ScalingProposal Plan(ScalingObservation seen, List<Cut> cuts, int stepsInAll, string reason)
    {
        var count = seen.Shards.Count;
        if (count >= options.MaxShards)
            return new ScalingProposal(ScalingDecisionKind.Out, $"{reason} But there {(count == 1 ? "is" : "are")} {Quantity.Of(count, "shard")}, and MaxShards is {options.MaxShards}.", null, []);
        var context = new ReshardContext(new ContiguousShards(seen.Shards.Select(s => s.Range))) { Quotas = seen.Quotas };
        var now = Demands(seen, s => s.Mean(options.ConsecutiveMinutes));
        if (Uniform(seen, context, stepsInAll, now) is { } quick)
        {
            // The call cannot be stopped, so the overload must have lasted as long as the call takes: it is not for a burst that will be over
            // earlier.
            var minutes = (int)Math.Clamp(Math.Ceiling(quick.Duration.TotalMinutes), LeastSustained, MinuteCounts.Kept);
            var sustained = Sustained(seen, minutes);
            if (sustained.Sum() / count > Nearly * options.SplitUtilisation && Uniform(seen, context, stepsInAll, sustained) is { } uniform)
            {
                return new ScalingProposal(ScalingDecisionKind.Out, $"{reason} UpdateShardCount to {uniform.Result.Count} is faster than splits.", uniform,
                    [new PastSplit(0, UInt128.MaxValue, sustained.Sum() / count, seen.Now, count)]);
            }

            // Meanwhile splits help, unless there are too many of them.
            if (stepsInAll > 10 * StepsMeanwhile)
                return new ScalingProposal(ScalingDecisionKind.Out, $"{reason} UpdateShardCount is the way, if that stays so for {minutes} minutes.", null, []);
            cuts = Hottest(seen, cuts, StepsMeanwhile);
        }

        // The hottest shards come first; splits beyond the limits wait.
        var taken = Hottest(seen, cuts, Math.Min(options.MaxShards - count, seen.Quotas.ShardsLeft ?? int.MaxValue));
        if (taken.Count == 0)
            return new ScalingProposal(ScalingDecisionKind.Out, $"{reason} But the account may open no more shards in this region.", null, []);
        context = context with { Loads = [.. taken.Select(c => Scaled(seen.LoadOf(c.Shard), c)).OfType<ShardLoadReport>()] };
        var plan = ReshardPlanner.ToBoundaries(context, [.. context.Shards.Boundaries.Concat(taken.SelectMany(c => c.At)).Order()]);
        return new ScalingProposal(
            ScalingDecisionKind.Out, reason, plan, [.. taken.Select(c => new PastSplit(c.Shard.StartingHashKey, c.Shard.EndingHashKey, c.Demand, seen.Now))]);
    }

    /// <summary>Returns the cuts of the hottest shards. A shard for which not all fit is cut into fewer pieces, as even.</summary>
    private static List<Cut> Hottest(ScalingObservation seen, List<Cut> cuts, int most)
    {
        var taken = new List<Cut>();
        string? hopeless = null;
        foreach (var cut in cuts)
        {
            var at = cut.At.Count <= most ? cut.At : most <= 0 ? [] : CutsOf(cut.Shard, seen.LoadOf(cut.Shard), most + 1, ref hopeless);
            most -= at.Count;
            if (at.Count > 0)
                taken.Add(cut with { At = at });
        }

        return taken;
    }

    /// <summary>
    /// Returns each shard's demand in the quietest of the last minutes, in the order of the ranges. A young shard counts with its first minute.
    /// </summary>
    private static List<double> Sustained(ScalingObservation seen, int minutes)
    {
        var quietest = Enumerable.Range(1, Math.Min(minutes, seen.Shards.Max(s => s.Minutes.Count))).MinBy(back => seen.Shards.Sum(s => Of(s, back)));
        return Demands(seen, s => Of(s, quietest));

        static double Of(ShardDemand shard, int back) => shard.Minutes.Count == 0 ? 0 : shard.Minutes[^Math.Min(back, shard.Minutes.Count)].Utilisation;
    }

    private static List<double> Demands(ScalingObservation seen, Func<ShardDemand, double> of) =>
        [.. seen.Shards.OrderBy(s => s.Range.StartingHashKey).Select(of)];

    private ShardPlan? Uniform(ScalingObservation seen, ReshardContext context, int steps, List<double> demand) => UniformChange.Find(
        steps, context, demand, options.TargetUtilisation, Nearly * options.SplitUtilisation, seen.Shards.Count, options.MaxShards);

    /// <summary>Histograms do not show the rate: they are weighted by the shards' demands, so that the hottest shard is split first.</summary>
    private static ShardLoadReport? Scaled(ShardLoadReport? load, Cut cut)
    {
        var sum = load?.Histogram.Sum() ?? 0;
        return load is null || sum <= 0 ? null : load with { Histogram = [.. load.Histogram.Select(w => w / sum * cut.Demand)] };
    }

    private static IReadOnlyList<UInt128> CutsOf(ShardRange shard, ShardLoadReport? load, int pieces, ref string? hopeless)
    {
        if (!SplitPoints.CanSplit(shard))
        {
            hopeless ??= $"{shard.ShardId} holds fewer than four hash keys and cannot be split.";
            return [];
        }

        var point = SplitPoints.Weighted(shard, load);
        if (!point.Helps)
        {
            hopeless ??= $"{shard.ShardId}: {point.Describe()}";
            return [];
        }

        var at = pieces > 2 ? SplitPoints.Pieces(shard, load, pieces) : [];
        return at.Count > 0 ? at : [point.Key];
    }

    private bool IsHot(ShardDemand shard, double nearly) =>
        shard.IsThrottled(options.ConsecutiveMinutes, nearly * options.ThrottlesPerMinute)
        || shard.IsOverloaded(options.ConsecutiveMinutes, nearly * options.SplitUtilisation);

    /// <summary>Returns the demand of a shard. A throttled shard has more demand than it accepts, whoever else writes to it.</summary>
    private double Demand(ShardDemand shard) => Math.Max(
        shard.Mean(options.ConsecutiveMinutes),
        shard.IsThrottled(options.ConsecutiveMinutes, options.ThrottlesPerMinute) ? 1 : 0);

    private string Reason(List<ShardDemand> hot, int count)
    {
        var (worst, minutes) = (hot[0], options.ConsecutiveMinutes);
        var throttles = worst.Minutes.TakeLast(minutes).Min(m => m.Throttled);
        var refused = throttles == 0 ? "" : $" and at least {Quantity.Of(throttles, "throttle")} a minute";
        return Invariant(
            $"{hot.Count} of {Quantity.Of(count, "shard")} {(hot.Count == 1 ? "is" : "are")} overloaded or throttled; {worst.Range.ShardId} had {worst.Mean(minutes):P0} of its limits as demand{refused} for {Quantity.Of(minutes, "minute")}.");
    }
}
