using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Pipeline.Tests.Simulation;
using Orleans.Kpl.Scaling.Policy;
using Orleans.Kpl.Scaling.Running;
using Orleans.Kpl.Silos.Tests.Leases;

namespace Orleans.Kpl.Scaling.Tests.Running;

public sealed class StreamPolicyTests
{
    private static readonly CancellationToken Never = CancellationToken.None;

    private readonly MemoryStateStore _store = new();
    private readonly FakeTimeProvider _time = new();
    private readonly ManagedStreamInMemory _stream = new(2);
    private readonly OperationStore _operations;
    private readonly PolicyStore _policies;
    private readonly OperationRunner _runner;
    private readonly StreamPolicy _policy;
    private readonly AdminEvents _events = new();

    public StreamPolicyTests() => (_operations, _policies, _runner, _policy) = Open(_stream, _store);

    [Fact]
    public async Task Decide_WhenShardsAreOverloaded_SplitsThemAndRemembers()
    {
        _stream.Utilisation = 0.95;
        await SetAsync(ScalingMode.On);

        Assert.True(await _policy.DecideAsync(Never));

        var ended = await _events.Ended.Task.WaitAsync(Waiting.Long, Never);
        Assert.Equal(OperationState.Done, ended);
        Assert.True(_stream.Shards.Count > 2);
        var entry = Assert.Single(await _operations.HistoryAsync(Never));
        Assert.Equal((StreamOperationKind.Policy, OperationState.Done), (entry.Kind, entry.State));
        Assert.Single((await _policies.StateAsync(Never)).Changes);
    }

    /// <summary>A change that had ended tomorrow, by a clock that was ahead, held all others until then; a split was remembered longer than a week.</summary>
    [Fact]
    public async Task Decide_WhereTheStateIsOfAClockThatWasAhead_WaitsForOneCoolDown()
    {
        var options = new ScalingOptions { Mode = ScalingMode.On };
        var tomorrow = _time.GetUtcNow().AddDays(1);
        _stream.Utilisation = 0.95;
        await _policies.WriteAsync(options, Never);
        await _policies.ChangeStateAsync(
            s => s.Ended(tomorrow) with { Changes = [tomorrow], UniformChanges = [tomorrow], Splits = [new PastSplit(0, 1, 1, tomorrow)] }, Never);

        await _policy.DecideAsync(Never);
        Assert.Equal(2, _stream.Shards.Count);
        var state = await _policies.StateAsync(Never);
        Assert.All(
            [.. state.Changes, .. state.UniformChanges, .. state.Splits.Select(static s => s.At), state.LastEnded!.Value],
            at => Assert.Equal(_time.GetUtcNow(), at));
        _time.Advance(options.CoolDown);
        await _policy.DecideAsync(Never);

        Assert.Equal(OperationState.Done, await _events.Ended.Task.WaitAsync(Waiting.Long, Never));
        Assert.True(_stream.Shards.Count > 2);
    }

    /// <summary>It was booked before, and counted as one of the day's though nothing was begun; last, where the manager ended meanwhile.</summary>
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task Decide_WhereNothingCanBeBegun_LeavesTheStateAsItWas(bool storeFails, bool managerEnds)
    {
        using var end = new CancellationTokenSource();
        var rows = new ClosedRows(_store);
        await using var policy = Open(_stream, rows).Policy;
        _stream.Utilisation = 0.95;
        await SetAsync(ScalingMode.On);
        var before = ScalingState.Start.Ended(_time.GetUtcNow().AddHours(-1)) with { Changes = [_time.GetUtcNow().AddHours(-2)] };
        await _policies.ChangeStateAsync(_ => before, Never);
        // Somebody else begins an operation after this one has looked, or the store is away, or the manager ends.
        rows.Fails = storeFails;
        rows.Ends = managerEnds ? end : null;
        _stream.LimitsAsked = () => rows.IsClosed = true;

        var decided = policy.DecideAsync(end.Token);

        if (managerEnds)
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => decided);
        else if (storeFails)
            await Assert.ThrowsAsync<StateStoreException>(() => decided);
        else
            Assert.True(await decided);
        Assert.Empty(_stream.Done);
        Assert.Equivalent(before, await _policies.StateAsync(Never), strict: true);
    }

    [Fact]
    public async Task Decide_OnADryRun_OnlyTells()
    {
        _stream.Utilisation = 0.95;
        await SetAsync(ScalingMode.DryRun);

        await _policy.DecideAsync(Never);
        await _policy.DecideAsync(Never);

        Assert.Empty(_stream.Done);
        var entry = Assert.Single(await _operations.HistoryAsync(Never));
        Assert.StartsWith("Dry run: ", entry.Reason, StringComparison.Ordinal);
    }

    /// <summary>A load around a threshold is held and is not, minute by minute: each time was an entry, and pushed an operation out of the history.</summary>
    [Fact]
    public async Task Decide_WhereItIsHeldNowAndThen_TellsOnceAnHourForEachObstacle()
    {
        await _policies.WriteAsync(new ScalingOptions { Mode = ScalingMode.On, MaxShards = 2 }, Never);
        for (var i = 0; i < 10; i++)
        {
            _stream.Utilisation = i % 2 == 0 ? 0.95 : 0.65;
            await _policy.DecideAsync(Never);
        }

        Assert.Single(await _operations.HistoryAsync(Never));

        _stream.Utilisation = 0.95;
        await _policies.WriteAsync(new ScalingOptions { Mode = ScalingMode.On, OperationsPerDay = 0 }, Never);
        await _policy.DecideAsync(Never);
        Assert.Equal(2, (await _operations.HistoryAsync(Never)).Count);
        _time.Advance(TimeSpan.FromHours(1));
        await _policy.DecideAsync(Never);
        Assert.Equal(3, (await _operations.HistoryAsync(Never)).Count);
    }

    /// <summary>It has no minutes, as a young one has none, and was never merged.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Decide_OfAShardWithoutAnyRecord_MergesItAfterAnHour(bool hasOwner)
    {
        (_stream.IsFirstUnused, _stream.IsFirstOwnerless) = (hasOwner, !hasOwner);
        await SetAsync(ScalingMode.DryRun);

        await DecideEachMinuteAsync(59);
        Assert.Empty((await _policy.PlanAsync(Never)).Steps);
        await DecideEachMinuteAsync(1);
        Assert.Empty(await _operations.HistoryAsync(Never));
        await DecideEachMinuteAsync(1);

        Assert.Contains("2 shards can be 1", Assert.Single(await _operations.HistoryAsync(Never)).Reason, StringComparison.Ordinal);
        Assert.Single((await _policy.PlanAsync(Never)).Steps);
    }

    /// <summary>The load of an owner that does not answer is not known.</summary>
    [Fact]
    public async Task Decide_OfAShardWithoutAnyRecord_WhereAnOwnerDidNotAnswerOnce_WaitsForAnotherHour()
    {
        _stream.IsFirstUnused = true;
        await SetAsync(ScalingMode.DryRun);

        await DecideEachMinuteAsync(59);
        _stream.IsWhole = false;
        await DecideEachMinuteAsync(1);
        _stream.IsWhole = true;
        await DecideEachMinuteAsync(60);
        Assert.Empty(await _operations.HistoryAsync(Never));
        await DecideEachMinuteAsync(1);

        Assert.Single(await _operations.HistoryAsync(Never));
    }

    /// <summary>It counted as told where the history could not be written, and was not told for an hour.</summary>
    [Fact]
    public async Task Decide_OnADryRun_WhereTheHistoryCannotBeWritten_TellsNextTime()
    {
        var writes = 0;
        var rows = new FailingRows
        {
            OnWrite = (kind, _) => kind.StartsWith("history", StringComparison.Ordinal) && writes++ == 0 ? new StateStoreException("away") : null,
        };
        var (operations, policies, _, policy) = Open(_stream, rows);
        await policies.WriteAsync(new ScalingOptions { Mode = ScalingMode.DryRun }, Never);
        _stream.Utilisation = 0.95;

        await Assert.ThrowsAsync<StateStoreException>(() => policy.DecideAsync(Never));
        await policy.DecideAsync(Never);

        Assert.Single(await operations.HistoryAsync(Never));
        await policy.DisposeAsync();
    }

    [Fact]
    public async Task Decide_WhenTheStreamBecomesOnDemand_SwitchesItselfOff()
    {
        await _policies.WriteAsync(new ScalingOptions { Mode = ScalingMode.On, MaxShards = 7 }, Never);
        _stream.IsOnDemand = true;

        Assert.False(await _policy.DecideAsync(Never));

        Assert.Equal(new ScalingOptions { Mode = ScalingMode.Off, MaxShards = 7, Version = 2 }, await _policies.FindAsync(Never));
        Assert.Contains("on-demand", Assert.Single(await _operations.HistoryAsync(Never)).Reason, StringComparison.Ordinal);
    }

    /// <summary>The stream was read as on-demand just before it was provisioned again: the operator's new policy was overwritten by the old one, off.</summary>
    [Fact]
    public async Task Decide_WhereAPolicyIsSetWhileTheStreamIsRead_LeavesTheNewOne()
    {
        var set = new ScalingOptions { Mode = ScalingMode.On, MaxShards = 9 };
        await _policies.WriteAsync(new ScalingOptions { Mode = ScalingMode.On, MaxShards = 7 }, Never);
        _stream.IsOnDemand = true;
        _stream.LoadsAsked = () =>
        {
            _stream.IsOnDemand = false;
            Assert.True(_policies.WriteAsync(set, Never).IsCompletedSuccessfully);
        };

        Assert.True(await _policy.DecideAsync(Never));

        Assert.Equal(set with { Version = 2 }, await _policies.FindAsync(Never));
        Assert.Empty(await _operations.HistoryAsync(Never));
    }

    /// <summary>It was found to run, and ended a moment later: the policy was not followed before it was set again.</summary>
    [Fact]
    public async Task Follow_WhileTheLoopEndsBecauseItWasOff_FollowsIt()
    {
        var rows = new PausingRows(_store);
        await using var policy = Open(_stream, rows).Policy;
        policy.Follow();
        await Waiting.UntilAsync(() => Tick(() => rows.IsPausing));
        _stream.Utilisation = 0.95;
        await SetAsync(ScalingMode.On);
        policy.Follow();
        rows.GoOn.SetResult();

        await Waiting.UntilAsync(() => Tick(() => _events.Ended.Task.IsCompleted));

        Assert.True(_stream.Shards.Count > 2);

        bool Tick(Func<bool> isSo)
        {
            if (!isSo())
                _time.Advance(TimeSpan.FromMinutes(1));
            return isSo();
        }
    }

    /// <summary>Where nobody ran what it had begun when the policy was switched off, the next runner made all its calls.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task DecideOrResume_WhenItWasSwitchedOffMeanwhile_EndsWhatItBegan(bool isResumed)
    {
        _stream.Utilisation = 0.95;
        _stream.Refusal = new KinesisException(KinesisFailureKind.Refused, "LimitExceededException", "too many at once", 400);
        await SetAsync(ScalingMode.On);
        Assert.True(await _policy.DecideAsync(Never));
        await PipelineHarness.SettleAsync();
        Assert.Equal(1, (await _operations.FindAsync(Never))!.Operation.Failures);
        if (isResumed)
            await _runner.DisposeAsync();
        _stream.Refusal = null;

        await SetAsync(ScalingMode.Off);
        await using var next = Open(_stream, _store).Runner;
        if (isResumed)
            await next.ResumeAsync(Never);
        else
            Assert.False(await _policy.DecideAsync(Never));
        await _time.PassUntilAsync(() => _events.Ended.Task.IsCompleted, TimeSpan.FromSeconds(10));

        Assert.Equal(OperationState.Stopped, await _events.Ended.Task);
        Assert.Equal(2, _stream.Shards.Count);
        Assert.Contains(Assert.Single(await _operations.HistoryAsync(Never)).Events, e => e.Text.Contains("switched off", StringComparison.Ordinal));
    }

    /// <summary>Whoever switched it off found no operation yet, and what was begun then went on until the policy was read again, a minute later.</summary>
    [Fact]
    public async Task Decide_WhereItIsSwitchedOffBeforeItBegins_CallsNothing()
    {
        _stream.Utilisation = 0.95;
        await SetAsync(ScalingMode.On);
        _stream.LimitsAsked = () => Assert.True(_policies.WriteAsync(new ScalingOptions { Mode = ScalingMode.Off }, Never).IsCompletedSuccessfully);

        await _policy.DecideAsync(Never);

        Assert.Equal(OperationState.Stopped, await _events.Ended.Task.WaitAsync(Waiting.Long, Never));
        Assert.Equal(2, _stream.Shards.Count);
    }

    [Fact]
    public async Task Decide_WhenKinesisRefuses_TellsTheHistory()
    {
        _stream.Utilisation = 0.95;
        _stream.Refusal = new KinesisException(KinesisFailureKind.Refused, "AccessDeniedException", "not you", 400);
        await SetAsync(ScalingMode.On);

        await _policy.DecideAsync(Never);

        Assert.Equal(OperationState.Failed, await _events.Ended.Task.WaitAsync(Waiting.Long, Never));
        Assert.Contains("AccessDeniedException", Assert.Single(await _operations.HistoryAsync(Never)).Reason, StringComparison.Ordinal);
        Assert.Contains(_stream.Done, d => d.StartsWith("withdraw", StringComparison.Ordinal));
    }

    /// <summary>By that clock it had been told of in the future, and was not again for a day.</summary>
    [Fact]
    public async Task Decide_OnADryRun_WhereTheClockIsSetBackADay_TellsAgainAfterAnHour()
    {
        _stream.Utilisation = 0.95;
        await SetAsync(ScalingMode.DryRun);
        await _policy.DecideAsync(Never);
        _time.Jump(TimeSpan.FromDays(-1));
        await _policy.DecideAsync(Never);
        Assert.Single(await _operations.HistoryAsync(Never));

        _time.Advance(TimeSpan.FromHours(1));
        await _policy.DecideAsync(Never);

        Assert.Equal(2, (await _operations.HistoryAsync(Never)).Count);
    }

    /// <summary>A call that somebody else cancelled, such as a time-out, ended the policy until it was asked for again.</summary>
    [Fact]
    public async Task Follow_WhereACallIsCancelledByAnother_GoesOn()
    {
        await SetAsync(ScalingMode.On);
        _stream.LoadsThrow = new OperationCanceledException("a time-out of the client");
        _policy.Follow();

        await _time.PassUntilAsync(() => _stream.Looks >= 2, TimeSpan.FromMinutes(1));

        await Assert.ThrowsAsync<OperationCanceledException>(() => _events.Ended.Task);
        await _policy.DisposeAsync();
    }

    /// <summary>AWS answers an account one DescribeLimits a second, for all its streams.</summary>
    [Fact]
    public async Task Decide_WhereNothingIsToBeDone_DoesNotAskForTheQuota()
    {
        var asked = 0;
        _stream.LimitsAsked = () => asked++;
        _stream.Utilisation = 0.65;
        await SetAsync(ScalingMode.DryRun);
        await _policy.DecideAsync(Never);
        Assert.Equal(0, asked);

        _stream.Utilisation = 0.95;
        await _policy.DecideAsync(Never);
        Assert.Equal(1, asked);
    }

    /// <summary>All policies of a silo that starts decided at the same instant, each minute, and most were refused their quota.</summary>
    [Fact]
    public async Task Follow_OfTwoStreamsWithAPlan_AsksForTheQuotaOneAfterAnother()
    {
        var (asked, policies) = (new List<DateTimeOffset>(), new List<StreamPolicy>());
        foreach (var name in (string[])["events", "orders"])
        {
            var stream = new ManagedStreamInMemory(2, name) { Utilisation = 0.95, LimitsAsked = Ask };
            await new PolicyStore(_store, name).WriteAsync(new ScalingOptions { Mode = ScalingMode.DryRun }, Never);
            policies.Add(Open(stream, _store).Policy);
            policies[^1].Follow();
        }

        await PipelineHarness.PassAsync(_time, TimeSpan.FromMinutes(3), stepMs: 500);

        Assert.Equal(6, asked.Count);
        Assert.False(_events.Ended.Task.IsFaulted);
        foreach (var policy in policies)
            await policy.DisposeAsync();

        void Ask()
        {
            var now = _time.GetUtcNow();
            if (asked.Count > 0 && now - asked[^1] < TimeSpan.FromSeconds(1))
                throw new KinesisException(KinesisFailureKind.Refused, "LimitExceededException", "rate", 400);
            asked.Add(now);
        }
    }

    private async Task DecideEachMinuteAsync(int times)
    {
        for (var i = 0; i < times; i++)
        {
            await _policy.DecideAsync(Never);
            _time.Advance(TimeSpan.FromMinutes(1));
        }
    }

    private Task SetAsync(ScalingMode mode) => _policies.WriteAsync(new ScalingOptions { Mode = mode }, Never);

    private (OperationStore Operations, PolicyStore Policies, OperationRunner Runner, StreamPolicy Policy) Open(ManagedStreamInMemory stream, IStateStore rows)
    {
        var services = new AdminServices { Kinesis = stream, Store = rows, Time = _time, Events = _events, IsPolicyAllowed = true };
        var operations = new OperationStore(rows, stream.Target.Stream, _time, new QuietEvents());
        var policies = new PolicyStore(rows, stream.Target.Stream);
        var runner = new OperationRunner(stream, operations, policies, services);
        return (operations, policies, runner, new StreamPolicy(stream, operations, runner, policies, services));
    }

    private sealed class AdminEvents : QuietEvents
    {
        public TaskCompletionSource<OperationState> Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override void OperationEnded(string stream, string operationId, OperationState state, string reason) => Ended.TrySetResult(state);

        public override void OperationTaken(string stream, string operationId) => Ended.TrySetException(new InvalidOperationException(operationId));

        public override void Troubled(string stream, string doing, Exception error) => Ended.TrySetException(error);
    }

    /// <summary>Rows in which no operation can be begun any more.</summary>
    private sealed class ClosedRows(IStateStore inner) : RowsOver(inner)
    {
        public bool IsClosed { get; set; }

        public bool Fails { get; set; }

        /// <summary>Is cancelled by the write.</summary>
        public CancellationTokenSource? Ends { get; set; }

        public override Task<StateRow?> ReadAsync(string kind, string key, CancellationToken cancellationToken) =>
            cancellationToken.IsCancellationRequested ? Task.FromCanceled<StateRow?>(cancellationToken) : base.ReadAsync(kind, key, cancellationToken);

        public override Task<StateRow?> WriteAsync(string kind, string key, long over, string text, CancellationToken cancellationToken)
        {
            if (!IsClosed || kind != OperationStore.IntentKind)
                return base.WriteAsync(kind, key, over, text, cancellationToken);
            Ends?.Cancel();
            cancellationToken.ThrowIfCancellationRequested();
            return Fails ? throw new StateStoreException("away") : Task.FromResult<StateRow?>(null);
        }
    }

    /// <summary>Rows of which the first operation is read slowly.</summary>
    private sealed class PausingRows(IStateStore inner) : RowsOver(inner)
    {
        private int _reads;

        public TaskCompletionSource GoOn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool IsPausing => Volatile.Read(ref _reads) > 0;

        public override async Task<StateRow?> ReadAsync(string kind, string key, CancellationToken cancellationToken)
        {
            // The policy was read as off before.
            if (kind == OperationStore.IntentKind && Interlocked.Increment(ref _reads) == 1)
                await GoOn.Task.WaitAsync(cancellationToken);
            return await base.ReadAsync(kind, key, cancellationToken);
        }
    }
}
