using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Scaling.Operations;
using Orleans.Kpl.Scaling.Policy;
using Orleans.Kpl.Scaling.Running;
using Orleans.Kpl.Silos.Tests.Leases;

namespace Orleans.Kpl.Scaling.Tests.Running;

public sealed class OperationRunnerTests
{
    private const string Stream = "events";

    private static readonly CancellationToken Never = CancellationToken.None;

    /// <summary>It was tried once, after the intent was gone. Where that failed, the policy's cool-down began with the change before.</summary>
    [Fact]
    public async Task End_WhereThePolicysStateCannotBeWritten_TriesUntilTheCoolDownIsKept()
    {
        var states = 0;
        var rows = new FailingRows { OnWrite = (kind, _) => kind == "policy-state" && states++ == 0 ? new StateStoreException("away") : null };

        var ended = await RunToEndAsync(rows);

        Assert.Equal(OperationState.Done, ended.State);
        Assert.Equal(ended.EndedAt, (await new PolicyStore(rows, Stream).StateAsync(Never)).LastEnded);
    }

    /// <summary>Whoever asked for the shards that there were held back all merges for an hour.</summary>
    [Fact]
    public async Task End_OfAnOperationWithoutSteps_IsNoChangeForThePolicy()
    {
        var rows = new MemoryStateStore();
        var world = new World(rows);
        await using var runner = world.Open();

        Assert.True(await runner.TryBeginAsync(world.Begin("one", shards: 1), Never));

        Assert.Equal(OperationState.Done, (await world.UntilEndedAsync()).State);
        Assert.Null((await new PolicyStore(rows, Stream).StateAsync(Never)).LastEnded);
    }

    /// <summary>
    /// Of AWS's ten calls a day only the policy's own were counted: it began what Kinesis refused, again and again, where splits would have helped.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task End_CountsCallsOfUpdateShardCount_ThatThePolicyDidNotBegin_Once(bool isOfThePolicy)
    {
        var ends = 0;
        var rows = new FailingRows
        {
            OnWrite = (kind, _) => kind.StartsWith("history", StringComparison.Ordinal) && ends++ == 0 ? new StateStoreException("away") : null,
        };
        var world = new World(rows);
        await using var runner = world.Open();
        var begun = world.Begin("one", shards: 4, ReshardMethod.UpdateShardCount);
        Assert.Equal(2, begun.Steps.Count);

        Assert.True(await runner.TryBeginAsync(isOfThePolicy ? begun with { Decision = ScalingDecisionKind.Out } : begun, Never));
        await world.UntilEndedAsync();

        var state = await new PolicyStore(rows, Stream).StateAsync(Never);
        Assert.Equal(isOfThePolicy ? [] : [state.LastEnded!.Value, state.LastEnded.Value], state.UniformChanges);
    }

    /// <summary>
    /// Calls that were never made counted. An hourly job that asks for the shards that there are, or one whose role may not, was refused its tenth, and kept
    /// the policy from all merges.
    /// </summary>
    [Theory]
    [InlineData(1, null, 400, 0)]
    [InlineData(2, "AccessDeniedException", 400, 0)]
    [InlineData(2, "InternalFailure", 500, OperationRules.MostFailures)]
    public async Task End_WhereKinesisAcceptedNoCall_IsNoChangeForThePolicy(int shards, string? code, int status, int calls)
    {
        var rows = new MemoryStateStore();
        var world = new World(rows);
        world.Stream.Refusal = code is null ? null : new KinesisException(KinesisFailureKind.Refused, code, "no", status);
        await using var runner = world.Open();
        var begun = world.Begin("one", shards, ReshardMethod.UpdateShardCount);
        Assert.Single(begun.Steps);

        Assert.True(await runner.TryBeginAsync(begun, Never));
        await world.UntilEndedAsync();

        var state = await new PolicyStore(rows, Stream).StateAsync(Never);
        Assert.Equal((calls, calls > 0), (state.UniformChanges.Count, state.LastEnded is not null));
    }

    /// <summary>The operation stayed for ever, and with it none could begin any more.</summary>
    [Fact]
    public async Task Operation_WhosePolicyHasAStateThatCannotBeRead_EndsAllTheSame()
    {
        var rows = new MemoryStateStore();
        await rows.WriteAsync("policy-state", Stream, 0, "{", Never);

        Assert.Equal(OperationState.Done, (await RunToEndAsync(rows)).State);
    }

    /// <summary>It slept until the clock had come back to where it was, an hour, and read no request to stop meanwhile.</summary>
    [Fact]
    public async Task Operation_WhoseClockIsSetBackAnHour_GoesOnAtOnce()
    {
        var world = new World(new MemoryStateStore());
        var announced = 0;
        world.Stream.Doing = what =>
        {
            if (what.StartsWith("announce", StringComparison.Ordinal) && ++announced == 2)
                world.Time.Jump(TimeSpan.FromHours(-1));
        };
        await using var runner = world.Open();

        Assert.True(await runner.TryBeginAsync(world.Begin("one", shards: 4), Never));
        var ended = await world.UntilEndedAsync();

        Assert.Equal(OperationState.Done, ended.State);
        Assert.Equal(4, world.Stream.Shards.Count);
        Assert.InRange(world.Time.GetElapsedTime(0), TimeSpan.Zero, TimeSpan.FromMinutes(5));
    }

    /// <summary>Senders forget an announcement after ten minutes, and it was repeated an hour later, or once Kinesis could be read again.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Announcement_WhereTheClockIsSetBackAnHour_OrNothingCanBeRead_IsRepeatedWithinAMinute(bool isSetBack)
    {
        var world = new World(new MemoryStateStore());
        var announced = 0;
        world.Stream.Doing = what =>
        {
            announced += what.StartsWith("announce", StringComparison.Ordinal) ? 1 : 0;
            if (what != "split")
                return;
            world.Stream.Status = "UPDATING";
            if (isSetBack)
                world.Time.Jump(TimeSpan.FromHours(-1));
            else
                world.Stream.Unread = new KinesisException(KinesisFailureKind.Refused, "LimitExceededException", "too many readers", 400);
        };
        await using var runner = world.Open();

        Assert.True(await runner.TryBeginAsync(world.Begin("one", shards: 2), Never));
        await world.PassUntilAsync(() => Task.FromResult(Volatile.Read(ref announced) > 1 || world.Time.GetElapsedTime(0) > TimeSpan.FromMinutes(5)));

        Assert.InRange(world.Time.GetElapsedTime(0), TimeSpan.Zero, TimeSpan.FromMinutes(1));
    }

    /// <summary>Nobody ran it any more where a call to a silo ended as cancelled, and so none could begin.</summary>
    [Fact]
    public async Task Operation_WhereTellingASiloIsCancelledByAnother_GoesOn()
    {
        var world = new World(new MemoryStateStore());
        world.Stream.RefreshThrows = new OperationCanceledException("a time-out of the client");
        await using var runner = world.Open();

        Assert.True(await runner.TryBeginAsync(world.Begin("one", shards: 3), Never));

        Assert.Equal(OperationState.Done, (await world.UntilEndedAsync()).State);
    }

    /// <summary>
    /// It was read when the wait for the next try was over, up to five minutes later; then soon, and the operation waited all the same, so that no other could
    /// begin.
    /// </summary>
    [Fact]
    public async Task Stop_OfAnOperationThatWaitsForItsNextTry_EndsItWithinHalfAMinute()
    {
        var world = new World(new MemoryStateStore());
        world.Stream.Refusal = new KinesisException(KinesisFailureKind.Refused, "LimitExceededException", "too many at once", 400);
        await using var runner = world.Open();
        Assert.True(await runner.TryBeginAsync(world.Begin("one", shards: 2), Never));
        await world.PassUntilAsync(async () => (await world.Store.FindAsync(Never))!.Operation.Failures == 7);
        await Waiting.UntilAsync(() => world.Time.ArmedTimers == 1);

        runner.RequestStop("one", "Stopped by hand.");
        world.Time.Advance(TimeSpan.FromSeconds(30));

        await Waiting.UntilAsync(async () => await world.Store.FindAsync(Never) is null);
        Assert.Equal(OperationState.Stopped, Assert.Single(await world.Store.HistoryAsync(Never)).State);
    }

    /// <summary>It was taken from the manager that came after, whose own run ended with it; here nobody ran it.</summary>
    [Fact]
    public async Task Resume_AfterTheEnd_LeavesTheOperationToTheNextManager()
    {
        var world = new World(new MemoryStateStore());
        Assert.NotNull(await world.Store.BeginAsync(world.Begin("one", shards: 2), Never));
        var runner = world.Open();
        await runner.DisposeAsync();

        await runner.ResumeAsync(Never);

        Assert.DoesNotContain((await world.Store.FindAsync(Never))!.Operation.History, static h => h.Text == "Taken over.");
    }

    /// <summary>It was read before the look, which waits as long as Kinesis is away: one call was made after the stop.</summary>
    [Fact]
    public async Task Stop_WhileTheStreamIsRead_CallsNothingMore()
    {
        var world = new World(new MemoryStateStore());
        await using var runner = world.Open();
        // The look after the announcement.
        world.Stream.Listed = () =>
        {
            if (world.Stream.Done.Count > 0)
                runner.RequestStop("one", "Stopped by hand.");
        };

        Assert.True(await runner.TryBeginAsync(world.Begin("one", shards: 2), Never));

        Assert.Equal(OperationState.Stopped, (await world.UntilEndedAsync()).State);
        Assert.Equal(["announce 1", "withdraw 1"], world.Stream.Done);
    }

    /// <summary>The policy looked while one ran, and meanwhile that ended and somebody began another by hand: the other was stopped.</summary>
    [Fact]
    public async Task Stop_OfAnOperationThatHasEnded_LeavesTheNextOne()
    {
        var world = new World(new MemoryStateStore());
        await using var runner = world.Open();
        world.Stream.Doing = what =>
        {
            if (what.StartsWith("announce", StringComparison.Ordinal))
                runner.RequestStop("one", "No shard is near its limits any more.");
        };

        Assert.True(await runner.TryBeginAsync(world.Begin("two", shards: 4), Never));

        Assert.Equal(OperationState.Done, (await world.UntilEndedAsync()).State);
        Assert.Equal(4, world.Stream.Shards.Count);
    }

    /// <summary>It was taken over from who was beginning it, and then one of the two lost it and the other was not run.</summary>
    [Fact]
    public async Task Resume_WhileAnOperationIsBegun_LeavesItToWhoBeginsIt()
    {
        var rows = new SlowRows();
        var world = new World(rows);
        await using var runner = world.Open();
        var begun = runner.TryBeginAsync(world.Begin("one", shards: 2), Never);
        await rows.Written.Task;
        var resumed = runner.ResumeAsync(Never);
        rows.GoOn.SetResult();

        Assert.True(await begun);
        await resumed;
        var ended = await world.UntilEndedAsync();

        Assert.Equal(OperationState.Done, ended.State);
        Assert.DoesNotContain(ended.Events, static e => e.Text == "Taken over.");
    }

    /// <summary>Runs a split over these rows until its intent is gone. Returns what the history has of it.</summary>
    private static async Task<StreamOperation> RunToEndAsync(IStateStore rows)
    {
        var world = new World(rows);
        await using var runner = world.Open();
        Assert.True(await runner.TryBeginAsync(world.Begin("one", shards: 2), Never));
        return await world.UntilEndedAsync();
    }

    /// <summary>A stream of one shard, and what its operations are kept in.</summary>
    private sealed class World(IStateStore rows)
    {
        public FakeTimeProvider Time { get; } = new();

        public ManagedStreamInMemory Stream { get; } = new(1);

        public OperationStore Store => field ??= new OperationStore(rows, OperationRunnerTests.Stream, Time, new QuietEvents());

        public OperationRunner Open() => new(Stream, Store, new PolicyStore(rows, OperationRunnerTests.Stream),
            new AdminServices { Kinesis = Stream, Store = rows, Time = Time, Events = new QuietEvents() });

        /// <summary>An operation that makes so many shards.</summary>
        public ReshardOperation Begin(string id, int shards, ReshardMethod method = ReshardMethod.Plan) => ReshardOperation.Begin(
            id, OperationRunnerTests.Stream, Stream.Created, ReshardPlanner.ToCount(Topologies.Context([.. Stream.Shards]), shards, method), "a test",
            Time.GetUtcNow());

        /// <summary>Waits until no operation is left. Returns what the history has of the only one.</summary>
        public async Task<StreamOperation> UntilEndedAsync()
        {
            await PassUntilAsync(async () => await Store.FindAsync(Never) is null);
            return Assert.Single(await Store.HistoryAsync(Never));
        }

        /// <summary>Moves time on while somebody waits for it.</summary>
        public Task PassUntilAsync(Func<Task<bool>> isSo) => Waiting.UntilAsync(async () =>
        {
            if (await isSo())
                return true;
            if (Time.ArmedTimers > 0)
                Time.Advance(TimeSpan.FromSeconds(5));
            return false;
        });
    }

    /// <summary>Rows whose first write is answered late.</summary>
    private sealed class SlowRows() : RowsOver(new MemoryStateStore())
    {
        public TaskCompletionSource Written { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource GoOn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override async Task<StateRow?> WriteAsync(string kind, string key, long over, string text, CancellationToken cancellationToken)
        {
            var row = await base.WriteAsync(kind, key, over, text, cancellationToken);
            if (Written.TrySetResult())
                await GoOn.Task;
            return row;
        }
    }
}
