namespace Orleans.Kpl.Producer.Tests.Faults;

/// <summary>Ordered streams over real sockets, whatever happens to them: first appearances are in the order accepted.</summary>
public sealed class OrderedFaultTests
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    public static TheoryData<OrderedMode> Modes => [OrderedMode.PutRecord, OrderedMode.PutRecords];

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task Put_WhenAttemptsAreAppliedAndDropped_FirstAppearancesAreInOrder(OrderedMode mode)
    {
        await using var run = await StartAsync(mode);
        run.Kinesis.Faults.Add(new DropAfterFault { Operation = mode.ToString(), Probability = 0.3, Count = 10 });
        await run.PutAsync(1_000);
        Assert.All(run.Told.Values, r => Assert.True(r.IsSuccess, r.ToString()));
        Assert.True(await run.CheckAsync() > 0);
        run.CheckOrder();
    }

    /// <summary>
    /// Given up after 2 s, applied when the test lets the endpoint's time pass: after its retry and what came behind it, however slow those are.
    /// </summary>
    [Theory]
    [MemberData(nameof(Modes))]
    public async Task Put_WhenAnAttemptIsAppliedAfterItsRetryAndSuccessors_FirstAppearancesAreInOrder(OrderedMode mode)
    {
        var clock = new FakeTimeProvider();
        await using var run = await StartAsync(
            mode, o => o.RequestTimeout = TimeSpan.FromSeconds(2), endpoint: o => (o.TimeProvider, o.ArrivalJitter) = (clock, TimeSpan.Zero));
        var late = new ApplyLateFault { Operation = mode.ToString(), Delay = TimeSpan.FromSeconds(3), After = 3, Count = 2 };
        run.Kinesis.Faults.Add(late);
        await run.PutAsync(1_000);
        await run.LateCallsAppliedAsync(() => clock.Advance(late.Delay));
        Assert.All(run.Told.Values, r => Assert.True(r.IsSuccess, r.ToString()));
        Assert.True(await run.CheckAsync() > 0);
        run.CheckOrder();
        Assert.Contains(
            ConsumerView.Of(run.Kinesis, FaultRun.Stream).GroupBy(r => r.ShardId),
            shard => shard.Select(r => FaultRun.NumberOf(r.Key)).ToList() is var numbers && !numbers.SequenceEqual(numbers.Order()));
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task Put_WhenShardsThrottleAndCallsFail_NothingOvertakes(OrderedMode mode)
    {
        await using var run = await StartAsync(mode);
        run.Kinesis.Faults.Add(new ThrottleShardFault { Probability = 0.4, Count = 60 });
        run.Kinesis.Faults.Add(new RecordErrorFault { Probability = 0.2, Count = 20 });
        run.Kinesis.Faults.Add(new DropBeforeFault { Operation = mode.ToString(), Probability = 0.1, Count = 5 });
        await run.PutAsync(1_000);
        Assert.All(run.Told.Values, r => Assert.True(r.IsSuccess, r.ToString()));
        Assert.Equal(0, await run.CheckAsync());
        run.CheckOrder();
        Assert.Contains(run.Told.Values, r => r.Attempts.Any(a => a.ErrorCode == RecordErrorCodes.Throttled));
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task UpdateShardCountBySomeoneElse_UnderLoad_KeepsTheOrder(OrderedMode mode)
    {
        await using var run = await StartAsync(mode);
        await run.PutAsync(100);
        run.Kinesis.Reshards = new() { CutOverDelay = Day, CutOverAfterRecords = 5, CutOverSpacing = TimeSpan.FromMilliseconds(5) };
        run.Kinesis.UpdateShardCount(FaultRun.Stream, 8);
        await run.PutAsync(5_000);
        Assert.All(run.Told.Values, r => Assert.True(r.IsSuccess, r.ToString()));
        Assert.Equal(0, await run.CheckAsync());
        run.CheckOrder();
        Assert.Contains(run.Told.Values, r => r.Attempts[0].ErrorCode == RecordErrorCodes.WrongShard);
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task MergeBySomeoneElse_UnderLoad_KeepsTheOrder(OrderedMode mode)
    {
        await using var run = await StartAsync(mode);
        await run.PutAsync(100);
        var shards = run.Kinesis.Get(FaultRun.Stream).Shards;
        run.Kinesis.Reshards = new() { CutOverDelay = Day, CutOverAfterRecords = 5 };
        run.Kinesis.Merge(FaultRun.Stream, shards[0].ShardId, shards[1].ShardId);
        await run.PutAsync(3_000);
        Assert.True(run.Kinesis.Get(FaultRun.Stream).Shards[4].AppliedRecords > 0);
        Assert.All(run.Told.Values, r => Assert.True(r.IsSuccess, r.ToString()));
        Assert.Equal(0, await run.CheckAsync());
        run.CheckOrder();
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task SplitWithLostAnswersAndALaggingMap_KeepsTheOrder(OrderedMode mode)
    {
        await using var run = await StartAsync(mode);
        await run.PutAsync(100);
        run.Kinesis.Faults.Add(new DropAfterFault { Operation = mode.ToString(), Probability = 0.1, Count = 20 });
        run.Kinesis.Faults.Add(new StaleMapFault { Count = 3 });
        run.Kinesis.Reshards = new() { CutOverDelay = Day, CutOverAfterRecords = 3 };
        run.Kinesis.Split(FaultRun.Stream, run.Kinesis.Get(FaultRun.Stream).Shards[0].ShardId, UInt128.MaxValue / 11);
        await run.PutAsync(3_000);
        Assert.All(run.Told.Values, r => Assert.True(r.IsSuccess, r.ToString()));
        await run.CheckAsync();
        run.CheckOrder();
    }

    [Fact]
    public async Task Put_WhenACallTimesOut_ClosesItsConnection()
    {
        // All records are in one aggregate, which leaves when it is full, so that all of them are in the call that times out.
        await using var run = await StartAsync(
            OrderedMode.PutRecord, o => (o.RequestTimeout, o.RecordMaxBufferedTime) = (TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1)), shards: 1);
        run.Kinesis.Faults.Add(new LatencyFault { Operation = "PutRecord", Delay = TimeSpan.FromMinutes(5), Count = 1 });
        await run.PutAsync(10);
        Assert.All(run.Told.Values, r => Assert.Equal((true, RecordErrorCodes.RequestTimeout), (r.IsSuccess, r.Attempts[0].ErrorCode)));

        // The endpoint applies nothing for a client that has hung up.
        Assert.Equal(0, await run.CheckAsync());
        run.CheckOrder();
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task Put_WhenSequenceNumbersFall_SaysSo(OrderedMode mode)
    {
        await using var run = await StartAsync(mode, shards: 1);
        using var meter = new System.Diagnostics.Metrics.MeterListener();
        var violations = 0L;
        meter.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == "OrderViolations")
                listener.EnableMeasurementEvents(instrument);
        };
        meter.SetMeasurementEventCallback<long>((_, value, tags, _) =>
        {
            foreach (var tag in tags)
            {
                if (tag is { Key: "StreamName", Value: "falling" })
                    Interlocked.Add(ref violations, value);
            }
        });
        meter.Start();
        await run.Kinesis.CreateStreamAsync("falling", 1);
        Assert.True((await run.Producer.PutAsync("falling", new UserRecord("k", default))).IsSuccess);
        run.Kinesis.Faults.Add(new FallingSequenceNumberFault { Operation = mode.ToString(), Count = 1 });
        for (var i = 0; i < 3; i++)
            Assert.True((await run.Producer.PutAsync("falling", new UserRecord("k", default))).IsSuccess);
        Assert.Equal(1, Interlocked.Read(ref violations));
    }

    private static Task<FaultRun> StartAsync(OrderedMode mode, Action<KplOptions>? configure = null, int shards = 4,
        Action<LocalKinesisOptions>? endpoint = null) => FaultRun.StartAsync(shards, o =>
    {
        o.Ordered = mode;
        configure?.Invoke(o);
    }, endpoint);
}
