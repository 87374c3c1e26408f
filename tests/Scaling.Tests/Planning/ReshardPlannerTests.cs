
namespace Orleans.Kpl.Scaling.Tests.Planning;

public sealed class ReshardPlannerTests
{
    [Fact]
    public void ToCount_FromFourToSixteen_IsTwelveSplitsInSixMinutes()
    {
        var plan = ReshardPlanner.ToCount(Topologies.Context(Topologies.Even(4)), 16);

        Assert.Equal(12, plan.Steps.Count(s => s.Kind == ReshardStepKind.Split));
        Assert.Equal(12, plan.Steps.Count);
        Assert.Equal(TimeSpan.FromMinutes(6), plan.Duration);
        Assert.Equal(2, plan.MovedShare, 9);
        Assert.Empty(plan.Obstacles);
        Assert.Equal((ReshardMethod.UpdateShardCount, 2), (plan.Alternatives[0].Method, plan.Alternatives[0].Calls));
    }

    [Fact]
    public void ToCount_WhenItIsSo_HasNoSteps()
    {
        var plan = ReshardPlanner.ToCount(Topologies.Context(Topologies.Even(5)), 5);
        Assert.Empty(plan.Steps);
        Assert.Equal(TimeSpan.Zero, plan.Duration);
        Assert.Equal(["shardId-000000000000", "shardId-000000000004"], [plan.Result[0].ShardId!, plan.Result[4].ShardId!]);
    }

    [Fact]
    public void ToCount_ByUpdateShardCount_GoesByDoublesAndHalves()
    {
        var context = Topologies.Context(Topologies.Even(4));
        Assert.Equal([8, 16, 20], ReshardPlanner.ToCount(context, 20, ReshardMethod.UpdateShardCount).Steps.Select(s => s.Shards));
        Assert.Equal([8, 4, 3], ReshardPlanner.ToCount(Topologies.Context(Topologies.Even(15)), 3, ReshardMethod.UpdateShardCount).Steps.Select(s => s.Shards));
    }

    [Fact]
    public void ToCount_ByUpdateShardCountBeyondItsQuota_SaysSo()
    {
        var context = Topologies.Context(Topologies.Even(4)) with { Quotas = new ReshardQuotas { UpdateShardCountsLeft = 1, ShardsLeft = 3 } };
        var plan = ReshardPlanner.ToCount(context, 16, ReshardMethod.UpdateShardCount);
        Assert.Contains(plan.Obstacles, o => o.Contains("needed 2 times", StringComparison.Ordinal));
        Assert.Contains(plan.Obstacles, o => o.Contains("may open 3 more", StringComparison.Ordinal));
        Assert.Single(ReshardPlanner.ToCount(context, 16).Obstacles);
    }

    [Fact]
    public void ToCount_SplitsTheHottestFirst()
    {
        var shards = Topologies.Even(4);
        var plan = ReshardPlanner.ToCount(Topologies.Context(shards) with { Loads = Topologies.Loads(shards, [1, 5, 2, 3]) }, 8);
        Assert.Equal([shards[1].StartingHashKey, shards[3].StartingHashKey, shards[2].StartingHashKey, shards[0].StartingHashKey],
            plan.Steps.Select(s => s.StartingHashKey));
    }

    /// <summary>Sums of such shares differ by how they are rounded.</summary>
    [Fact]
    public void ToCount_FromAnyEvenCountToAny_ReachesIt()
    {
        foreach (var (from, to) in Enumerable.Range(1, 48).SelectMany(f => Enumerable.Range(1, 48).Select(t => (f, t))))
        {
            var shards = Topologies.Even(from);
            var plan = ReshardPlanner.ToCount(Topologies.Context(shards), to);
            Assert.Equal(plan.Result.Select(r => (r.StartingHashKey, r.EndingHashKey)), Topologies.Apply(shards, plan.Steps));
        }
    }

    /// <summary>The plan was built in full, which took 1.6 s and 90 MiB for 100,000 shards, to be refused for its steps.</summary>
    [Theory]
    [InlineData(4, 100_000)]
    [InlineData(12_000, 14_001)]
    [InlineData(14_001, 12_000)]
    public void ToCount_OfANumberThatNoOperationReaches_IsRefusedFromTheNumber(int from, int to)
    {
        var context = Topologies.Context(Topologies.Even(from));
        foreach (var method in Enum.GetValues<ReshardMethod>())
        {
            var e = Assert.Throws<StreamManagerException>(() => ReshardPlanner.ToCount(context, to, method));
            Assert.Equal(StreamManagerErrorCodes.TooManySteps, e.Code);
            Assert.Contains($"{from} to {to} ", e.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(4, 10_000)]
    [InlineData(9_000, 11_000)]
    public void ToCount_OfTheLastNumberThatOneReaches_IsPlanned(int from, int to) =>
        Assert.Equal(to, ReshardPlanner.ToCount(Topologies.Context(Topologies.Even(from)), to).Result.Count);

    /// <summary>Kinesis refused the first call ten times, for some 25 minutes, in which no other change could begin.</summary>
    [Theory]
    [InlineData(20_001, 9_999, true)]
    [InlineData(10_001, 10_000, true)]
    [InlineData(19_998, 9_999, false)]
    [InlineData(10_000, 9_999, false)]
    public void ToCount_ByUpdateShardCount_FromMoreShardsThanItLeadsBelow_SaysSo(int from, int to, bool isRefused)
    {
        var plan = ReshardPlanner.ToCount(Topologies.Context(Topologies.Even(from)), to, ReshardMethod.UpdateShardCount);
        var way = $"leads from {from} to {plan.Steps[0].Shards}; from more than 10000 ";
        Assert.Equal(isRefused, plan.OverQuota?.Contains(way, StringComparison.Ordinal) == true);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(100_001)]
    public void ToCount_OfNoPossibleNumber_Throws(int target)
    {
        var e = Assert.Throws<StreamManagerException>(() => ReshardPlanner.ToCount(Topologies.Context(Topologies.Even(4)), target));
        Assert.Equal(StreamManagerErrorCodes.BadTarget, e.Code);
        Assert.Contains($" {target} ", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Plans_OfAnOnDemandStream_Throw()
    {
        var context = Topologies.Context(Topologies.Even(4)) with { IsOnDemand = true };
        foreach (var plan in (Func<ShardPlan>[])[() => ReshardPlanner.ToCount(context, 8),
            () => ReshardPlanner.Split(context, Topologies.Id(0), SplitPoint.Middle),
            () => ReshardPlanner.Merge(context, Topologies.Id(0), Topologies.Id(1))])
            Assert.Equal(StreamManagerErrorCodes.OnDemand, Assert.Throws<StreamManagerException>(plan).Code);
    }

    [Fact]
    public void Split_InTheMiddle_HalvesTheRange()
    {
        var plan = ReshardPlanner.Split(Topologies.Context(Topologies.Even(1)), Topologies.Id(0), SplitPoint.Middle);
        Assert.Equal(UInt128.One << 127, Assert.Single(plan.Steps).At);
    }

    [Fact]
    public void Split_ByDefault_TakesTheMedianOfTheLoad()
    {
        var shards = Topologies.Even(2);
        var histogram = new double[64];
        (histogram[60], histogram[62]) = (3, 3);
        var plan = ReshardPlanner.Split(Topologies.Context(shards) with { Loads = [Topologies.Load(shards[0], histogram)] }, shards[0].ShardId, default);
        var at = plan.Steps[0].At!.Value;
        // Between the two loaded parts of the lower half.
        Assert.InRange(at, Topologies.Key(61 * 2), Topologies.Key(62 * 2));
    }

    [Fact]
    public void Split_WhenOneKeyIsTheLoad_SaysThatItCannotHelpAndNamesItsShare()
    {
        var shards = Topologies.Even(2);
        var load = Topologies.Load(shards[0], [1, 1, 1, 97], new HotKey(Topologies.Key(100), 0.93, "customer-7"));
        var plan = ReshardPlanner.Split(Topologies.Context(shards) with { Loads = [load] }, shards[0].ShardId, SplitPoint.MedianOfLoad);
        var obstacle = Assert.Single(plan.Obstacles);
        Assert.Contains("No split can help", obstacle, StringComparison.Ordinal);
        Assert.Contains("93", obstacle, StringComparison.Ordinal);
        Assert.Contains("customer-7", obstacle, StringComparison.Ordinal);
    }

    [Fact]
    public void Split_BesideAHeavyKey_SeparatesIt()
    {
        var shards = Topologies.Even(1);
        var key = Topologies.Key(64) + 12345;
        var load = Topologies.Load(shards[0], [0.5, 0.5], new HotKey(key, 0.45, null));
        var at = ReshardPlanner.Split(Topologies.Context(shards) with { Loads = [load] }, shards[0].ShardId, SplitPoint.MedianOfLoad).Steps[0].At!.Value;
        Assert.InRange(at, key + 1, Topologies.Key(128));
    }

    /// <summary>A split beside a heavy key leaves it at the edge of a part, which is split next. Each part must have two hash keys.</summary>
    [Theory]
    [InlineData(0, 2)]
    [InlineData(1, 2)]
    [InlineData(9, 8)]
    public void Split_OfAShardWithAHeavyKeyAtItsEdge_IsOneThatKinesisMakes(int heavy, int at)
    {
        var shard = Topologies.Of([10])[0];
        var load = Topologies.Load(shard, [10], new HotKey((UInt128)heavy, 0.6, null));
        Assert.Equal((UInt128)at, SplitPoints.Weighted(shard, load).Key);
        UInt128[] starts = [0, .. SplitPoints.Pieces(shard, load, 5), 10];
        Assert.All(starts.Zip(starts.Skip(1)), static p => Assert.True(p.Second - p.First >= 2, $"{p}"));
    }

    [Fact]
    public void Split_AtAKeyOutside_ThrowsAndNamesTheValues()
    {
        var shards = Topologies.Even(2);
        // Kinesis makes no part of a single hash key: it refuses the second key of a shard and the last one too.
        UInt128 start = shards[1].StartingHashKey, end = shards[1].EndingHashKey;
        foreach (var key in (UInt128[])[start, shards[0].EndingHashKey, start + 1, end])
        {
            var e = Assert.Throws<StreamManagerException>(() => ReshardPlanner.Split(Topologies.Context(shards), shards[1].ShardId, SplitPoint.At(key)));
            Assert.Equal(StreamManagerErrorCodes.KeyOutsideRange, e.Code);
            Assert.Contains(key.ToString(System.Globalization.CultureInfo.InvariantCulture), e.Message, StringComparison.Ordinal);
            Assert.Contains(shards[1].ShardId, e.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Split_OfTooFewHashKeys_Throws(int keys)
    {
        var shards = Topologies.Of([5, 5 + (UInt128)keys]);
        foreach (var at in (SplitPoint[])[SplitPoint.MedianOfLoad, SplitPoint.Middle, SplitPoint.At(5)])
            Assert.Equal(StreamManagerErrorCodes.CannotBeSplit,
                Assert.Throws<StreamManagerException>(() => ReshardPlanner.Split(Topologies.Context(shards), shards[1].ShardId, at)).Code);
    }

    [Theory]
    [InlineData(1, 2, "1 shard becomes 2 by 1 split and 0 merges, one after the other; 0 of 0 boundaries stay.")]
    [InlineData(2, 1, "2 shards become 1 by 0 splits and 1 merge, one after the other; 0 of 1 boundaries stay.")]
    public void ToCount_OfOne_CountsInTheSingular(int from, int to, string reason) =>
        Assert.Equal([reason], ReshardPlanner.ToCount(Topologies.Context(Topologies.Even(from)), to).Reasons);

    /// <summary>A library does not choose its program's culture: "50,0%" stood in the plan.</summary>
    [Fact]
    public void Plan_IsTheSame_InEveryCulture()
    {
        string[] Reasons() => [.. ReshardPlanner.ToCount(Topologies.Context(Topologies.Even(2)), 3).Steps.Select(static s => s.Reason)];
        var told = Reasons();
        using CommaCulture commas = new();
        Assert.Equal(told, Reasons());
    }

    /// <summary>The range in which the open ones lie was told, and a closed shard was within it.</summary>
    [Theory]
    [InlineData("shardId-000000000002", "There is no open shard 'shardId-000000000002': it was split or merged, and is closed.")]
    [InlineData("shardId-000000000005", "There is no open shard 'shardId-000000000005': the stream never had it.")]
    [InlineData("2", "There is no open shard '2'.")]
    public void Split_OfAShardThatIsNotOpen_TellsWhatBecameOfItAndNamesTheOpenOnes(string shardId, string message)
    {
        var context = Topologies.Context(
            new ShardRange("shardId-000000000003", 0, 4), new ShardRange("shardId-000000000004", 5, 9),
            new ShardRange("shardId-000000000001", 10, UInt128.MaxValue));
        var e = Assert.Throws<StreamManagerException>(() => ReshardPlanner.Split(context, shardId, SplitPoint.Middle));
        Assert.Equal(
            (StreamManagerErrorCodes.UnknownShard, $"{message} The open ones are shardId-000000000001, shardId-000000000003, shardId-000000000004."),
            (e.Code, e.Message));
    }

    /// <summary>It was split in the middle, and told to be split at the median of its load.</summary>
    [Fact]
    public void Split_OfAShardWhoseReportHasNoLoad_TellsThatItIsInTheMiddle()
    {
        var shards = Topologies.Even(1);
        var plan = ReshardPlanner.Split(Topologies.Context(shards) with { Loads = [Topologies.Load(shards[0], new double[64])] }, shards[0].ShardId, default);
        Assert.EndsWith(", the middle of its range.", plan.Reasons[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Split_OfAnUnknownShardOfMany_NamesTwo()
    {
        var e = Assert.Throws<StreamManagerException>(() => ReshardPlanner.Split(Topologies.Context(Topologies.Even(9)), "x", SplitPoint.Middle));
        Assert.EndsWith(". There are 9 open ones, such as shardId-000000000000 and shardId-000000000008.", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Merge_OfNeighboursInEitherOrder_IsOneStep()
    {
        var shards = Topologies.Even(4);
        var one = ReshardPlanner.Merge(Topologies.Context(shards), shards[1].ShardId, shards[2].ShardId);
        var other = ReshardPlanner.Merge(Topologies.Context(shards), shards[2].ShardId, shards[1].ShardId);
        Assert.Equal(one.Steps, other.Steps);
        Assert.Equal((ReshardStepKind.Merge, shards[2].StartingHashKey), (one.Steps[0].Kind, one.Steps[0].At));
    }

    [Theory]
    [InlineData(0, 2)]
    [InlineData(1, 1)]
    [InlineData(3, 0)]
    public void Merge_OfOthers_Throws(int one, int other)
    {
        var e = Assert.Throws<StreamManagerException>(
            () => ReshardPlanner.Merge(Topologies.Context(Topologies.Even(4)), Topologies.Id(one), Topologies.Id(other)));
        Assert.Equal(StreamManagerErrorCodes.NotAdjacent, e.Code);
        Assert.Contains(Topologies.Id(other), e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OpenShards_WithAHoleOrAnOverlap_Throw()
    {
        var shards = Topologies.Even(4);
        foreach (var listing in (
            ShardRange[][])[[], [shards[0], shards[1], shards[3]], [.. shards, new ShardRange("child", shards[1].StartingHashKey, shards[1].EndingHashKey)],
            [shards[1], shards[2], shards[3]]])
            Assert.Equal(StreamManagerErrorCodes.IncompleteListing, Assert.Throws<StreamManagerException>(() => new ContiguousShards(listing)).Code);
    }
}
