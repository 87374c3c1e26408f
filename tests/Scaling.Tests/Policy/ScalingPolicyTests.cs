using Orleans.Kpl.Scaling.Policy;
using Orleans.Kpl.Scaling.Tests.Simulated;

namespace Orleans.Kpl.Scaling.Tests.Policy;

/// <remarks>Tests <see cref="ScaleOutRule"/>.</remarks>
public sealed class ScalingPolicyTests
{
    private static readonly DateTimeOffset Now = SimulatedStream.Start.AddDays(1);
    private static readonly ScalingOptions On = new() { Mode = ScalingMode.On };

    [Fact]
    public void Decide_WhenAShardIsThrottledForThreeMinutes_SplitsItWhereItsLoadLies()
    {
        var seen = Seen([0.4, 0.4, 0.4, 0.4], throttled: [0, 11, 0, 0]);
        var decision = new ScalingPolicy(On).Decide(ScalingState.Start, seen);
        Assert.Equal(ScalingDecisionKind.Out, decision.Kind);
        var step = Assert.Single(decision.Plan!.Steps);
        Assert.Equal(seen.Shards[1].Range.StartingHashKey, step.StartingHashKey);
        Assert.Contains("11 throttles a minute for 3 minutes", decision.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Decide_WhenAllOfALargeStreamIsHotInABurst_SplitsAndDoesNotTakeUpdateShardCount()
    {
        var seen = Seen([.. Enumerable.Repeat(0.6, 200)]);
        seen = seen with { Shards = [.. seen.Shards.Select(s => s with { Minutes = [.. s.Minutes.SkipLast(4), .. Enumerable.Repeat(Minute(1.2, 100), 4)] })] };
        var plan = Decide(On, seen).Plan!;
        Assert.Equal((ReshardMethod.Plan, 20), (plan.Method, plan.Steps.Count));

        var larger = Seen([.. Enumerable.Repeat(0.6, 300)]);
        larger = larger with { Shards = [
            .. larger.Shards.Select(s => s with { Minutes = [.. s.Minutes.SkipLast(4), .. Enumerable.Repeat(Minute(1.2, 100), 4)] })] };
        Assert.Equal(ScalingDecisionKind.Held, Decide(On, larger).Kind);
    }

    [Theory]
    [InlineData(10, 3)]
    [InlineData(50, 2)]
    public void Decide_WhenItIsThrottledLessOrShorter_Stays(int throttles, int minutes)
    {
        var seen = Seen([0.3, 0.3]);
        seen = seen with { Shards = [
            seen.Shards[0], new ShardDemand(
            seen.Shards[1].Range, [.. seen.Shards[1].Minutes.SkipLast(minutes), .. Enumerable.Repeat(Minute(0.3, throttles), minutes)])] };
        Assert.Equal(ScalingDecisionKind.Stay, new ScalingPolicy(On).Decide(ScalingState.Start, seen).Kind);
    }

    [Fact]
    public void Decide_WhenAShardWantsThreeTimesItsLimits_SplitsItInFiveAtOnce()
    {
        var decision = new ScalingPolicy(On).Decide(ScalingState.Start, Seen([0.4, 3, 0.4]));
        Assert.Equal(4, decision.Plan!.Steps.Count);
        Assert.All(decision.Plan.Result, r => Assert.True(r.Share < 0.3));
        Assert.DoesNotContain("0 throttles", decision.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Decide_WhenOneKeyIsTheLoad_HoldsAndNamesItsShare()
    {
        var seen = Seen([0.4, 1.5]) with { LoadOf = range => Topologies.Load(range, [1, 99], new HotKey(range.EndingHashKey - 5, 0.96, null)) };
        var decision = new ScalingPolicy(On).Decide(ScalingState.Start, seen);
        Assert.Equal((ScalingDecisionKind.Held, null), (decision.Kind, decision.Plan));
        Assert.Contains("No split can help", decision.Reason, StringComparison.Ordinal);
        Assert.Contains("96", decision.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Decide_WhenOneKeyIsTheLoadOfAShard_StillMergesOthersAndSplitsNoneForIt()
    {
        var seen = Seen([1.5, 0.1, 0.1, 0.7]);
        var hot = seen.Shards[0].Range;
        seen = seen with { LoadOf = range => range == hot
            ? Topologies.Load(range, [1, 99], new HotKey(range.EndingHashKey - 5, 0.96, null))
            : Topologies.Load(range, [1]) };
        var decision = Decide(On, seen);
        Assert.Equal(ScalingDecisionKind.In, decision.Kind);
        Assert.Equal(seen.Shards[2].Range.StartingHashKey, Assert.Single(decision.Plan!.Steps).At);
        Assert.Equal(ScalingDecisionKind.Stay, Decide(On, seen with { IsIdle = false, Running = ScalingDecisionKind.In }).Kind);
    }

    /// <summary>They counted as splits that UpdateShardCount saves: a stream of 13 shards became one of 23, which helped none of the twelve.</summary>
    [Fact]
    public void Decide_WhenMostShardsHaveOneKeyAsTheirLoad_SplitsTheOneThatCanBeHelped()
    {
        var seen = Seen([.. Enumerable.Repeat(1.2, 12), 0.9]);
        var last = seen.Shards[^1].Range;
        seen = seen with { LoadOf = range => range == last
            ? Topologies.Load(range, [1])
            : Topologies.Load(range, [1, 99], new HotKey(range.EndingHashKey - 5, 0.96, null)) };
        var plan = Decide(On, seen).Plan!;
        Assert.Equal((ReshardMethod.Plan, last.StartingHashKey), (plan.Method, Assert.Single(plan.Steps).StartingHashKey));
    }

    [Fact]
    public void Decide_WhenNeighboursAreColdForAnHour_MergesThem()
    {
        var seen = Seen([0.5, 0.1, 0.2, 0.6]);
        var decision = new ScalingPolicy(On).Decide(ScalingState.Start, seen);
        Assert.Equal(ScalingDecisionKind.In, decision.Kind);
        Assert.Equal(seen.Shards[2].Range.StartingHashKey, Assert.Single(decision.Plan!.Steps).At);
    }

    [Fact]
    public void Decide_WhenOneWasBusyWithinTheHour_DoesNotMerge()
    {
        var seen = Seen([0.1, 0.1]);
        seen = seen with { Shards = [seen.Shards[0], new ShardDemand(seen.Shards[1].Range, [Minute(0.7, 0), .. seen.Shards[1].Minutes.Skip(1)])] };
        Assert.Equal(ScalingDecisionKind.Stay, new ScalingPolicy(On).Decide(ScalingState.Start, seen).Kind);
    }

    [Fact]
    public void Decide_WhenWhatWasSplitHasNotFallen_DoesNotMergeItsParts()
    {
        var seen = Seen([0.2, 0.2]);
        var state = ScalingState.Start with { Splits = [new PastSplit(0, UInt128.MaxValue, 0.5, Now.AddHours(-5))] };
        Assert.Equal(ScalingDecisionKind.Stay, new ScalingPolicy(On).Decide(state, seen).Kind);
        state = ScalingState.Start with { Splits = [new PastSplit(0, UInt128.MaxValue, 0.6, Now.AddHours(-5))] };
        Assert.Equal(ScalingDecisionKind.In, new ScalingPolicy(On).Decide(state, seen).Kind);
        state = ScalingState.Start with { Splits = [new PastSplit(0, UInt128.MaxValue, 0.5, Now.AddDays(-8))] };
        Assert.Equal(ScalingDecisionKind.In, new ScalingPolicy(On).Decide(state, seen).Kind);
    }

    /// <summary>The policy failed each minute: UpdateShardCount was to make more than the former shards, of which there were more than now.</summary>
    [Fact]
    public void Decide_WhereAStreamHasFewerShardsThanBeforeItGrew_Merges()
    {
        var state = ScalingState.Start with { Splits = [new PastSplit(0, UInt128.MaxValue, 0.1, Now.AddHours(-5), Shards: 100)] };
        var decision = Decide(On, Seen([.. Enumerable.Repeat(0.1, 80)]), state);
        Assert.Equal((ScalingDecisionKind.In, ReshardMethod.Plan), (decision.Kind, decision.Plan!.Method));
    }

    [Fact]
    public void Decide_WhereItMayNot_SaysWhy()
    {
        var seen = Seen([0.9, 0.9]);
        Assert.Contains("switched off", Decide(On with { Mode = ScalingMode.Off }, seen).Reason, StringComparison.Ordinal);
        Assert.Contains("on-demand", Decide(On, seen with { IsOnDemand = true }).Reason, StringComparison.Ordinal);
        Assert.Contains("running", Decide(On, seen with { IsIdle = false }).Reason, StringComparison.Ordinal);
        Assert.Contains("MaxShards is 2", Decide(On with { MaxShards = 2 }, seen).Reason, StringComparison.Ordinal);
        Assert.Contains("may open no more shards", Decide(On, seen with { Quotas = new ReshardQuotas { ShardsLeft = 0 } }).Reason, StringComparison.Ordinal);
        Assert.Contains("OperationsPerDay", Decide(On with { OperationsPerDay = 0 }, seen).Reason, StringComparison.Ordinal);
        Assert.Contains("the last change ended",
            Decide(On with { CoolDown = TimeSpan.FromHours(1) }, seen, ScalingState.Start.Ended(Now.AddMinutes(-59))).Reason, StringComparison.Ordinal);
        Assert.Equal(ScalingDecisionKind.Stay, Decide(On with { MinShards = 2 }, Seen([0.1, 0.1])).Kind);
        Assert.Equal(ScalingDecisionKind.Stay, Decide(On, Seen([0.1, 0.1]), ScalingState.Start.Ended(Now.AddMinutes(-59))).Kind);
        Assert.Equal(ScalingDecisionKind.In, Decide(On, Seen([0.1, 0.1]), ScalingState.Start.Ended(Now.AddMinutes(-60))).Kind);
    }

    [Fact]
    public void Decide_WithRoomForOneShard_SplitsTheHottest()
    {
        var seen = Seen([0.9, 1.2, 0.9]);
        var plan = Decide(On with { MaxShards = 4 }, seen).Plan!;
        Assert.Equal(seen.Shards[1].Range.StartingHashKey, Assert.Single(plan.Steps).StartingHashKey);
    }

    /// <summary>
    /// The first had a minute below the threshold, and more demand than the second. It took the only step, and that was no reason for a change; or the last
    /// shard there was room for.
    /// </summary>
    [Theory]
    [InlineData(1, 1_000)]
    [InlineData(1_000, 3)]
    public void Decide_WithRoomForOneSplit_SplitsAShardThatIsHotBeforeOneThatIsNearlySo(int stepsPerOperation, int maxShards)
    {
        var seen = Seen([1, 0.8]);
        seen = seen with { Shards = [
            seen.Shards[0] with { Minutes = [.. seen.Shards[0].Minutes.SkipLast(3), Minute(0.7, 0), Minute(1, 0), Minute(1, 0)] }, seen.Shards[1]] };
        var plan = Decide(On with { StepsPerOperation = stepsPerOperation, MaxShards = maxShards }, seen).Plan!;
        Assert.Equal(seen.Shards[1].Range.StartingHashKey, Assert.Single(plan.Steps).StartingHashKey);
    }

    /// <summary>Only the lowest of four cuts was made: one child had a fifth of the load, and the other stayed too hot for good.</summary>
    [Theory]
    [InlineData(3, 50, 1)]
    [InlineData(100, 1, 1)]
    [InlineData(4, 50, 2)]
    public void Decide_WhereNotAllPiecesFit_MakesFewerEvenOnes(int maxShards, int stepsPerOperation, int cuts)
    {
        var seen = Seen([0.4, 3]);
        var plan = Decide(On with { MaxShards = maxShards, StepsPerOperation = stepsPerOperation }, seen).Plan!;
        Assert.Equal(cuts, plan.Steps.Count);
        Assert.True(plan.Result.Max(r => r.Share) < 1.1 / (cuts + 1));
    }

    [Fact]
    public void Decide_WhileItsMergesRun_StopsThemForAnOverloadedShard()
    {
        var seen = Seen([0.9, 0.1, 0.1]) with { IsIdle = false, Running = ScalingDecisionKind.In };
        Assert.Equal(ScalingDecisionKind.Stop, Decide(On, seen).Kind);
        Assert.Equal(ScalingDecisionKind.Stay, Decide(On, seen with { Running = null }).Kind);
        Assert.Equal(ScalingDecisionKind.Stay, Decide(On, Seen([0.3, 0.1]) with { IsIdle = false, Running = ScalingDecisionKind.In }).Kind);
    }

    [Fact]
    public void Decide_WhileItsSplitsRun_StopsThemWhenTheLoadIsGone()
    {
        var seen = Seen([0.5, 0.5]) with { IsIdle = false, Running = ScalingDecisionKind.Out };
        Assert.Equal(ScalingDecisionKind.Stop, Decide(On, seen).Kind);
        Assert.Equal(ScalingDecisionKind.Stay, Decide(On, Seen([0.75, 0.5]) with { IsIdle = false, Running = ScalingDecisionKind.Out }).Kind);
        Assert.Equal(ScalingDecisionKind.Stay, Decide(On, Seen([0.5, 0.5], throttled: [1, 0]) with { IsIdle = false, Running = ScalingDecisionKind.Out }).Kind);
    }

    /// <summary>A split's parts have no complete minute at first. That counted as no load, and stopped the splits that were left.</summary>
    [Fact]
    public void Decide_WhileItsSplitsRun_DoesNotTakeAYoungShardForAQuietOne()
    {
        var seen = Seen([0.2, 0.2, 0.2]) with { IsIdle = false, Running = ScalingDecisionKind.Out };
        Assert.Equal(ScalingDecisionKind.Stop, Decide(On, seen).Kind);

        var young = seen with { Shards = [seen.Shards[0], seen.Shards[1] with { Minutes = [] }, seen.Shards[2]] };
        Assert.Equal(ScalingDecisionKind.Stay, Decide(On, young).Kind);
        // Nothing was ever sent to it: it is quiet.
        Assert.Equal(ScalingDecisionKind.Stop, Decide(On, young with { LoadOf = static _ => null }).Kind);
    }

    /// <summary>The hot shard's owner did not answer once: no load was seen, and the splits that were left were given up.</summary>
    [Fact]
    public void Decide_WhileItsSplitsRun_DoesNotTakeAnOwnerThatDoesNotAnswerForAQuietOne()
    {
        var seen = Seen([0.2, 0.2]) with { IsIdle = false, Running = ScalingDecisionKind.Out };
        seen = seen with { Shards = [seen.Shards[0], seen.Shards[1] with { Minutes = [] }], LoadOf = static _ => null };
        Assert.Equal(ScalingDecisionKind.Stop, Decide(On, seen).Kind);
        Assert.Equal(ScalingDecisionKind.Stay, Decide(On, seen with { IsWhole = false }).Kind);
    }

    [Fact]
    public void Decide_WhenAllOfALargeStreamIsHot_TakesUpdateShardCountWhileItMay()
    {
        var seen = Seen([.. Enumerable.Repeat(0.85, 200)]);
        var plan = Decide(On, seen).Plan!;
        // 243 are enough, and AWS recommends quarters.
        Assert.Equal((ReshardMethod.UpdateShardCount, 250), (plan.Method, plan.Result.Count));
        var used = ScalingState.Start with { UniformChanges = [.. Enumerable.Repeat(Now.AddHours(-1), ReshardQuotas.UpdateShardCountsPerDay)] };
        Assert.Equal(ReshardMethod.Plan, Decide(On, seen, used).Plan!.Method);
    }

    [Fact]
    public void Validate_OfDefaults_FindsNothing() => Assert.Empty(ScalingOptionsValidator.Validate(new ScalingOptions()));

    [Fact]
    public void Validate_OfManyErrors_TellsEach()
    {
        var errors = ScalingOptionsValidator.Validate(new ScalingOptions
        {
            Mode = (ScalingMode)9,
            ThrottlesPerMinute = 0,
            ConsecutiveMinutes = 61,
            SplitUtilisation = 0.5,
            TargetUtilisation = 0.5,
            MergeUtilisation = 0.45,
            MergeMinutes = 4,
            CoolDown = TimeSpan.FromDays(2),
            MinShards = 0,
            MaxShards = -1,
            OperationsPerDay = -1,
            StepsPerOperation = 0,
        });
        Assert.Equal(11, errors.Count);
        Assert.Contains("merge_utilisation is '0.45': 0 to 0.8 of split_utilisation, which is 0.5: above, splits and merges would undo one another", errors);
        Assert.Contains("cool_down_seconds is '172800': 0 to 86400", errors);
    }

    /// <summary>A manager that was frozen told of a change that was over before the last one, and the cool-down of that was gone.</summary>
    [Fact]
    public void Ended_OfAnOlderChange_LeavesTheLatest() =>
        Assert.Equal(Now, ScalingState.Start.Ended(Now).Ended(Now.AddMinutes(-30)).LastEnded);

    private static ScalingDecision Decide(ScalingOptions options, ScalingObservation seen, ScalingState? state = null) =>
        new ScalingPolicy(options).Decide(state ?? ScalingState.Start, seen);

    private static ScalingObservation Seen(double[] utilisations, int[]? throttled = null)
    {
        var shards = Topologies.Even(utilisations.Length);
        return new ScalingObservation
        {
            Now = Now,
            Shards = [.. shards.Select((s, i) => new ShardDemand(s, [.. Enumerable.Repeat(Minute(utilisations[i], throttled?[i] ?? 0), MinuteCounts.Kept)]))],
            LoadOf = range => Topologies.Load(range, [1, 1, 1, 1]),
        };
    }

    private static MinuteCount Minute(double utilisation, long throttled) => new(0, 0, (long)(utilisation * 60 * (1 << 20)), 0, 0, throttled);
}
