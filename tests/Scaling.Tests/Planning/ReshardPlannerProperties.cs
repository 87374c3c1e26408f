using FsCheck;
using FsCheck.Fluent;

namespace Orleans.Kpl.Scaling.Tests.Planning;

/// <summary>Plans over random topologies and loads, beside a reference that tries everything.</summary>
public sealed class ReshardPlannerProperties
{
    private sealed record Case(UInt128[] From, UInt128[] To, double[] Weights, int? Room);

    private static readonly UInt128[] Grid = [.. Enumerable.Range(1, 9).Select(i => Topologies.Key(i * 25))];

    /// <summary>Boundaries on a coarse grid, so that both sets share some; each piece of the grid has its own load.</summary>
    private static readonly Arbitrary<Case> SmallCases = Arb.From(
        from fromBits in Gen.Choose(0, (1 << Grid.Length) - 1)
        from toBits in Gen.Choose(0, (1 << Grid.Length) - 1)
        from weights in Gen.ArrayOf(Gen.Choose(0, 20), Grid.Length + 1)
        from memory in Gen.Elements<int?>(null, null, null, 0, 1, 3)
        select new Case(OfBits(fromBits), OfBits(toBits), [.. weights.Select(w => (double)w + 0.5)], memory));

    private sealed record Target(UInt128[] From, int Count, double[] Weights);

    private static readonly Arbitrary<Target> Targets = Arb.From(
        from count in Gen.Choose(1, 60)
        from target in Gen.Choose(1, 60)
        from seed in Gen.Choose(0, int.MaxValue - 1)
        from even in Gen.Elements(true, false)
        select MakeTarget(count, target, seed, even));

    [Fact]
    public void ToBoundaries_OfAnyTopology_NeedsTheFewestStepsAndOfThoseMovesTheFewestRecords() =>
        Prop.ForAll(SmallCases, c =>
        {
            var shards = Topologies.Of(c.From);
            var context = Topologies.Context(shards) with { Loads = GridLoads(shards, c.Weights) };
            var plan = ReshardPlanner.ToBoundaries(context, c.To);

            var total = c.Weights.Sum();
            var best = ReferencePlans.Best(BitsOf(c.From), BitsOf(c.To), [.. c.Weights.Select(w => w / total)], int.MaxValue)!.Value;
            Assert.Equal(best.Steps, plan.Steps.Count);
            Assert.Equal(best.Moved, plan.MovedShare, 9);
            Assert.Equal(best.Steps * ReshardTimes.Step, plan.Duration);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(400));

    [Fact]
    public void ToBoundaries_WhenTheShardLimitIsNear_KeepsItWhereThatIsPossible() =>
        Prop.ForAll(SmallCases, c =>
        {
            var shards = Topologies.Of(c.From);
            var context = Topologies.Context(shards) with { Quotas = new ReshardQuotas { ShardsLeft = c.Room } };
            var plan = ReshardPlanner.ToBoundaries(context, c.To);

            var most = c.Room is { } memory ? shards.Length + memory : int.MaxValue;
            var possible = ReferencePlans.Best(BitsOf(c.From), BitsOf(c.To), new double[Grid.Length + 1], most);
            Assert.Equal(c.From.Except(c.To).Count() + c.To.Except(c.From).Count(), plan.Steps.Count);
            Assert.Equal(possible?.Steps == plan.Steps.Count, plan.Obstacles.Count == 0);
            AssertLeadsToResult(shards, plan);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    [Fact]
    public void ToCount_OfAnyTopology_KeepsRangesContiguousAndReachesTheTarget() =>
        Prop.ForAll(Targets, t =>
        {
            var shards = Topologies.Of(t.From);
            var plan = ReshardPlanner.ToCount(Topologies.Context(shards) with { Loads = Topologies.Loads(shards, t.Weights) }, t.Count);

            Assert.Equal(t.Count, plan.Result.Count);
            AssertLeadsToResult(shards, plan);
            var even = (double)UInt128.MaxValue / t.Count;
            Assert.All(plan.Result,
                r => Assert.InRange(
                    (double)(r.EndingHashKey - r.StartingHashKey) / even, 1 - (2.01 * ReshardPlanner.Slack), 1 + (2.01 * ReshardPlanner.Slack)));
            Assert.InRange(plan.Steps.Count, FewestSteps(t, ReshardPlanner.Slack + 1e-9), FewestSteps(t, ReshardPlanner.Slack - 1e-9));
            Assert.Equal(1, plan.Result.Sum(r => r.Share), 6);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    [Fact]
    public void ToCount_AfterItsOwnPlan_HasNothingToDo() =>
        Prop.ForAll(Targets, t =>
        {
            var plan = ReshardPlanner.ToCount(Topologies.Context(Topologies.Of(t.From)), t.Count);
            var after = Topologies.Of(Topologies.Starts(plan).Skip(1));
            Assert.Empty(ReshardPlanner.ToCount(Topologies.Context(after), t.Count).Steps);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(100));

    [Fact]
    public void Split_AtTheWeightedMedian_IsTheMostEvenThereIs() =>
        Prop.ForAll(Targets, t =>
        {
            var shard = new ShardRange("s", Topologies.Key(10), Topologies.Key(200));
            var load = Topologies.Load(shard, [.. t.Weights.Take(16)]);
            var point = SplitPoints.Weighted(shard, load);
            var profile = LoadProfile.From([load]);

            Assert.InRange(point.Key, shard.StartingHashKey + 1, shard.EndingHashKey);
            foreach (var other in Enumerable.Range(11, 189).Select(Topologies.Key))
                Assert.True(Math.Abs(point.LowerShare - 0.5) <= Math.Abs(profile.Below(other) - 0.5) + 1e-6);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(100));

    /// <summary>What cannot be kept must go, what is missing must come: one boundary for each even place may be kept, if one is near.</summary>
    private static int FewestSteps(Target target, double slack)
    {
        var even = (double)UInt128.MaxValue / target.Count;
        var kept = Enumerable.Range(1, target.Count - 1).Count(i => target.From.Any(b => Math.Abs((double)b - (i * even)) <= even * slack));
        return target.From.Length + target.Count - 1 - (2 * kept);
    }

    private static void AssertLeadsToResult(IReadOnlyList<ShardRange> shards, ShardPlan plan)
    {
        Assert.Equal(plan.Result.Select(r => (r.StartingHashKey, r.EndingHashKey)), Topologies.Apply(shards, plan.Steps));
        Assert.Equal(UInt128.MinValue, plan.Result[0].StartingHashKey);
        Assert.Equal(UInt128.MaxValue, plan.Result[^1].EndingHashKey);
        Assert.All(plan.Result.Zip(plan.Result.Skip(1)), pair => Assert.Equal(pair.First.EndingHashKey + 1, pair.Second.StartingHashKey));
    }

    private static UInt128[] OfBits(int bits) => [.. Grid.Where((_, i) => (bits & (1 << i)) != 0)];

    private static int BitsOf(UInt128[] boundaries) => boundaries.Aggregate(0, (bits, b) => bits | (1 << Array.IndexOf(Grid, b)));

    /// <summary>The load of each piece of the grid lies in one spot within it, so that histograms show it exactly.</summary>
    private static List<ShardLoadReport> GridLoads(ShardRange[] shards, double[] weights)
    {
        var reports = new List<ShardLoadReport>();
        foreach (var shard in shards)
        {
            var within = weights.Select((w, i) => (Key: (i == 0 ? 0 : Grid[i - 1]) + 5, Weight: w)).Where(p => shard.Contains(p.Key)).ToList();
            var total = within.Sum(p => p.Weight);
            reports.Add(Topologies.Load(shard, [total], [.. within.Select(p => new HotKey(p.Key, p.Weight / total, null))]));
        }

        return reports;
    }

    private static Target MakeTarget(int count, int target, int seed, bool even)
    {
        var random = new Random(seed);
        UInt128[] from = even
            ? [.. Enumerable.Range(1, count - 1).Select(i => EvenRanges.Start(i, count))]
            : [.. Enumerable.Range(1, count - 1).Select(_ => new UInt128((ulong)random.NextInt64(1, long.MaxValue) << 1, (ulong)random.NextInt64()))
                .Distinct().Order()];
        return new Target(from, target, [.. Enumerable.Range(0, 64).Select(_ => random.NextDouble())]);
    }
}
