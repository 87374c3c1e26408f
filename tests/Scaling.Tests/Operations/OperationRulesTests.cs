using Orleans.Kpl.Scaling.Operations;

namespace Orleans.Kpl.Scaling.Tests.Operations;

public sealed class OperationRulesTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 20, 0, 0, 0, TimeSpan.Zero);
    private static readonly ShardRange[] Two = Topologies.Even(2);

    [Fact]
    public void Next_ThroughAWholePlan_AnnouncesCallsAndWaits()
    {
        var world = new ReshardedStream(Topologies.Even(4));
        var operation = world.Begin(16);

        operation = world.Run(operation);

        Assert.Equal(OperationPhase.Done, operation.Phase);
        Assert.Equal(12, world.Calls);
        Assert.Equal(16, world.Open.Count);
        Assert.Equal(world.Cuts, world.AnnouncedBeforeTheirCall);
        Assert.Contains("16 shards", operation.Reason, StringComparison.Ordinal);
    }

    /// <summary>Whoever runs it may die after any write and before or after any call.</summary>
    [Theory]
    [InlineData(4, 16, false)]
    [InlineData(16, 3, false)]
    [InlineData(4, 10, true)]
    public void Next_WhenKilledAnywhere_DoesEachStepOnceAndEnds(int from, int to, bool uniform)
    {
        for (var seed = 0; seed < 60; seed++)
        {
            var world = new ReshardedStream(Topologies.Even(from)) { Random = new Random(seed) };
            var operation = world.Run(world.Begin(to, uniform ? ReshardMethod.UpdateShardCount : ReshardMethod.Plan));
            Assert.Equal(OperationPhase.Done, operation.Phase);
            Assert.Equal(to, world.Open.Count);
            Assert.Equal(operation.Steps.Count, world.Accepted);
        }
    }

    [Fact]
    public void Next_WhenTheStepIsThereAlready_GoesOnWithoutACall()
    {
        var world = new ReshardedStream(Two);
        var operation = world.Begin(3);
        world.Do(operation.Steps[0]);
        var turn = OperationRules.Next(operation, world.Seen, Start);
        Assert.Equal(1, turn.Operation.Step);
        Assert.Contains(turn.Operation.History, h => h.Text.StartsWith("Done already", StringComparison.Ordinal));
    }

    [Fact]
    public void Next_WhenSomebodyElseChangedTheShards_StopsAndSaysWhatIsThere()
    {
        var world = new ReshardedStream(Two);
        var operation = OperationRules.Announced(world.Begin(4), null, Start);
        world.Do(new OperationStep(ReshardStepKind.Merge, 0, UInt128.MaxValue, Two[1].StartingHashKey, 0));
        var turn = OperationRules.Next(operation, world.Seen, Start);
        Assert.Equal(OperationPhase.Stopped, turn.Operation.Phase);
        Assert.Contains("by somebody else", turn.Operation.Reason, StringComparison.Ordinal);
        Assert.Contains(world.Open[0].ShardId, turn.Operation.Reason, StringComparison.Ordinal);
        Assert.NotEmpty(Assert.IsType<OperationAction.End>(turn.Action).Withdrawn);
    }

    /// <summary>A count has no parents that could be missed: it shrank a stream that somebody had just scaled further out.</summary>
    [Fact]
    public void Next_WhenSomebodyElseChangedTheShards_DoesNotCallUpdateShardCount()
    {
        var world = new ReshardedStream(Two);
        var operation = OperationRules.Announced(world.Begin(8, ReshardMethod.UpdateShardCount), null, Start);
        Assert.IsType<OperationAction.UpdateShardCount>(OperationRules.Next(operation, world.Seen, Start).Action);
        var first = operation.Steps[0];
        var others = world.Seen with { Shards = Topologies.Even(10) };

        Assert.Equal("The shards were changed by somebody else. Planned: UpdateShardCount to 4 from 2. There: 10.",
            OperationRules.Next(operation, others, Start).Operation.Reason);
        // A row of a former version does not say for how many shards it was planned.
        Assert.IsType<OperationAction.UpdateShardCount>(OperationRules.Next(operation with { Shards = 0 }, others, Start).Action);

        world.Do(first);
        operation = OperationRules.Announced(OperationRules.Next(operation, world.Seen, Start).Operation, null, Start);
        Assert.Equal(OperationPhase.Stopped, OperationRules.Next(operation, others, Start).Operation.Phase);
    }

    /// <summary>It may be its own call that has no answer, whose listing lags.</summary>
    [Fact]
    public void Next_WhenTheShardsAreOthersAfterACallWithoutAnAnswer_LooksAgainBeforeItStops()
    {
        var world = new ReshardedStream(Two);
        var now = Start;
        var operation = OperationRules.Announced(world.Begin(4, ReshardMethod.UpdateShardCount), null, now);
        operation = OperationRules.Announced(OperationRules.Answered(operation, "RequestTimeout", "", now), null, now);
        now = operation.NotBefore;
        var others = world.Seen with { Shards = Topologies.Even(3) };

        var turn = OperationRules.Next(operation, others, now);
        Assert.Equal(new OperationAction.Look(turn.Operation.NotBefore), turn.Action);
        Assert.True(turn.Operation.NotBefore > now);

        for (; !turn.Operation.IsEnded; now = turn.Operation.NotBefore)
            turn = OperationRules.Next(OperationRules.Announced(turn.Operation, null, now), others, now);
        Assert.Equal(OperationPhase.Stopped, turn.Operation.Phase);
    }

    [Theory]
    [InlineData("LimitExceededException")]
    [InlineData("RequestTimeout")]
    [InlineData("InvalidArgumentException")]
    public void Answered_WithWhatMayPass_TriesAgainLaterAndLaterAndGivesUp(string code)
    {
        var world = new ReshardedStream(Two);
        var operation = world.Begin(4);
        var now = Start;
        var waits = new List<double>();
        while (!operation.IsEnded)
        {
            operation = OperationRules.Announced(operation, null, now);
            operation = OperationRules.Answered(operation, code, "the text", now);
            waits.Add((operation.NotBefore - now).TotalSeconds);
            now = operation.NotBefore;
        }

        Assert.Equal(OperationRules.MostFailures, waits.Count);
        Assert.Equal([5, 10, 20, 40, 80, 160, 300, 300, 300], waits.Take(9));
        Assert.Equal(OperationPhase.Failed, operation.Phase);
        Assert.Contains(code, operation.History[^1].Text, StringComparison.Ordinal);
        Assert.Contains("the text", operation.History[^1].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Answered_ResourceInUse_WaitsWithoutCountingIt()
    {
        var operation = OperationRules.Announced(new ReshardedStream(Two).Begin(4), null, Start);
        operation = OperationRules.Answered(operation, "ResourceInUseException", "UPDATING", Start);
        Assert.Equal((0, OperationPhase.Announcing), (operation.Failures, operation.Phase));
        Assert.True(operation.NotBefore > Start);
    }

    [Theory]
    [InlineData("AccessDeniedException")]
    [InlineData("ValidationException")]
    public void Answered_Refused_FailsAtOnceAndNamesTheReason(string code)
    {
        var operation = OperationRules.Announced(new ReshardedStream(Two).Begin(4), null, Start);
        operation = OperationRules.Answered(operation, code, "not authorized to perform: kinesis:SplitShard", Start);
        Assert.Equal(OperationPhase.Failed, operation.Phase);
        Assert.Contains("kinesis:SplitShard", operation.History[^1].Text, StringComparison.Ordinal);
    }

    /// <summary>It may have been made, and of the ten of a day it is one then.</summary>
    [Fact]
    public void TakenOver_WhereTheAnswerOfACallIsNotKnown_CountsTheCall()
    {
        var operation = OperationRules.TakenOver(new ReshardedStream(Two).Begin(4), Start);
        Assert.Equal(0, operation.Calls);
        operation = OperationRules.TakenOver(OperationRules.Announced(operation, null, Start), Start);
        Assert.Equal(1, operation.Calls);
        operation = OperationRules.TakenOver(OperationRules.Answered(OperationRules.Announced(operation, null, Start), null, null, Start), Start);
        Assert.Equal(2, operation.Calls);
    }

    [Fact]
    public void Next_WhenTheStreamIsAnother_Stops()
    {
        var world = new ReshardedStream(Two);
        var operation = world.Begin(4);
        StreamSnapshot?[] unfit =
        [
            null,
            world.SeenAs(static s => s with { Status = "DELETING" }),
            world.SeenAs(static s => s with { CreationTime = Start.AddDays(1) }),
            world.SeenAs(static s => s with { OnDemand = true }),
        ];
        Assert.All(unfit, seen => Assert.Equal(OperationPhase.Stopped, OperationRules.Next(operation, seen, Start).Operation.Phase));
    }

    /// <summary>Its boundaries were withdrawn at once, while Kinesis made the change.</summary>
    [Fact]
    public void Next_WhenToldToStopAfterACallWithoutAnAnswer_LooksOnceMoreBeforeItEnds()
    {
        var world = new ReshardedStream(Two);
        var operation = OperationRules.Next(OperationRules.Announced(world.Begin(4), null, Start), world.Seen, Start).Operation;
        operation = OperationRules.Answered(operation, "RequestTimeout", "", Start).RequestStop("Stopped by hand.", Start);

        var first = OperationRules.Next(operation, world.Seen, Start.AddSeconds(1));
        Assert.IsType<OperationAction.Look>(first.Action);
        var second = OperationRules.Next(first.Operation, world.Seen, Start + OperationRules.LookEvery);
        Assert.Equal(OperationPhase.Stopped, second.Operation.Phase);
    }

    [Fact]
    public void Next_WhenToldToStop_EndsAfterTheCallThatIsOut()
    {
        var world = new ReshardedStream(Two);
        var operation = OperationRules.Announced(world.Begin(4), null, Start);
        operation = OperationRules.Answered(operation, null, null, Start).RequestStop("Stopped by hand.", Start);
        var turn = OperationRules.Next(operation, world.SeenAs(static s => s with { Status = "UPDATING" }), Start);
        Assert.IsType<OperationAction.Look>(turn.Action);
        world.Do(operation.Steps[0]);
        turn = OperationRules.Next(operation, world.Seen, Start);
        Assert.Equal(OperationPhase.Stopped, turn.Operation.Phase);
        Assert.Contains("after 1 of 2 steps", turn.Operation.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Next_WhenTheListingLags_WaitsForItBeforeItCallsAgain()
    {
        var world = new ReshardedStream(Two);
        var operation = OperationRules.Answered(OperationRules.Announced(world.Begin(4), null, Start), null, null, Start);
        operation = OperationRules.Next(operation, world.Seen, Start).Operation;
        Assert.IsType<OperationAction.Look>(OperationRules.Next(operation, world.Seen, Start.AddSeconds(59)).Action);
        var later = OperationRules.Next(operation, world.Seen, Start.AddSeconds(60)).Operation;
        Assert.Equal((OperationPhase.Announcing, 1), (later.Phase, later.Failures));
    }

    /// <summary>A call that took longer than a listing lags was made again, and UpdateShardCount may be called ten times a day.</summary>
    [Fact]
    public void Next_WhenTheListingLagsBehindALongCall_WaitsForItAllTheSame()
    {
        var world = new ReshardedStream(Topologies.Even(4));
        var operation = OperationRules.Answered(OperationRules.Announced(world.Begin(8, ReshardMethod.UpdateShardCount), null, Start), null, null, Start);
        // Its description lags, too.
        operation = OperationRules.Next(operation, world.Seen, Start.AddSeconds(1)).Operation;
        operation = OperationRules.Next(operation, world.SeenAs(static s => s with { Status = "UPDATING" }), Start.AddSeconds(2)).Operation;

        var active = Start.AddMinutes(5);
        operation = OperationRules.Next(operation, world.Seen, active).Operation;
        Assert.Equal(OperationPhase.Waiting, operation.Phase);
        Assert.Equal(OperationPhase.Announcing, OperationRules.Next(operation, world.Seen, active + OperationRules.ListingLag).Operation.Phase);
        world.Do(operation.Steps[0]);
        operation = OperationRules.Next(operation, world.Seen, active.AddSeconds(10)).Operation;
        Assert.Equal((OperationPhase.Done, 0), (operation.Phase, operation.Failures));
    }

    /// <summary>Kinesis was called as soon as it could be read again, when senders had forgotten the boundaries.</summary>
    [Fact]
    public void Next_WhenTheAnnouncementIsOld_AnnouncesAgainBeforeTheCall()
    {
        var world = new ReshardedStream(Two);
        var operation = OperationRules.Announced(world.Begin(4), null, Start);
        Assert.IsType<OperationAction.SplitShard>(OperationRules.Next(operation, world.Seen, Start + OperationRules.AnnouncedFor).Action);

        var turn = OperationRules.Next(operation, world.Seen, Start.AddMinutes(11));

        Assert.IsType<OperationAction.Announce>(turn.Action);
        Assert.Equal(OperationPhase.Calling, OperationRules.Announced(turn.Operation, null, Start.AddMinutes(11)).Phase);
    }

    /// <summary>It waited for the listing until the clock had come to where it was, and a minute more.</summary>
    [Fact]
    public void Next_InAPhaseThatBeginsTomorrow_CountsFromTheFirstLook()
    {
        var world = new ReshardedStream(Two);
        var ahead = Start.AddDays(1);
        var operation = OperationRules.Answered(OperationRules.Announced(world.Begin(4), null, ahead), null, null, ahead);
        operation = OperationRules.Next(operation, world.Seen, Start).Operation;
        Assert.Equal((OperationPhase.Waiting, Start), (operation.Phase, operation.PhaseSince));
        var later = OperationRules.Next(operation, world.Seen, Start.AddSeconds(60)).Operation;
        Assert.Equal((OperationPhase.Announcing, 1), (later.Phase, later.Failures));
    }

    /// <summary>From 4 to 6 there are 6 shards on the way, too.</summary>
    [Fact]
    public void Next_WhenTheListingShowsTheNumberOnTheWay_UpdateShardCountIsNotDone()
    {
        var world = new ReshardedStream(Topologies.Even(4));
        var operation = OperationRules.Answered(OperationRules.Announced(world.Begin(6, ReshardMethod.UpdateShardCount), null, Start), null, null, Start);
        var onTheWay = world.Seen with { Shards = Topologies.Of(new[] { 32, 64, 96, 128, 192 }.Select(Topologies.Key)) };

        Assert.IsType<OperationAction.Look>(OperationRules.Next(operation, onTheWay, Start.AddSeconds(10)).Action);
        Assert.Equal(OperationPhase.Done,
            OperationRules.Next(operation, world.Seen with { Shards = Topologies.Even(6) }, Start.AddSeconds(10)).Operation.Phase);
        // Some endpoint may make other ranges: then the number is all there is.
        Assert.Equal(OperationPhase.Done, OperationRules.Next(operation, onTheWay, Start + OperationRules.ListingLag).Operation.Phase);
    }

    [Fact]
    public void Next_WhenUpdatingForADay_Fails()
    {
        var world = new ReshardedStream(Two);
        var turn = OperationRules.Next(world.Begin(4), world.SeenAs(static s => s with { Status = "UPDATING" }), Start.AddHours(25));
        Assert.Equal(OperationPhase.Failed, turn.Operation.Phase);
    }

    /// <summary>With long errors the row was refused as too large: the operation waited for ever to be saved.</summary>
    [Fact]
    public void ToJson_OfTheMostStepsAndLongErrors_IsReadBackAndFitsARow()
    {
        var operation = new ReshardedStream(Topologies.Even(1)).Begin(ReshardPlanner.MostSteps + 1);
        for (var i = 0; i < 500; i++)
            operation = operation.Log(Start, $"entry {i}: {new string('e', 3_000)}");
        var json = operation.ToJson();
        Assert.InRange(json.Length, 200_000, 399 << 10);
        Assert.Equivalent(operation, ReshardOperation.FromJson(json), strict: true);
        Assert.Equal(ReshardOperation.MostHistory, operation.History.Count);
        Assert.StartsWith("entry 499: eee", operation.History[^1].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Begin_OfNoSteps_IsDone() => Assert.True(new ReshardedStream(Two).Begin(2).IsEnded);
}
