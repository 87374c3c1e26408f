namespace Orleans.Kpl.Producer.Tests.Faults;

/// <summary>Ordered streams over real sockets, whatever happens to them: first appearances are in the order accepted.</summary>
public sealed class OrderedFaultTests
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <summary>Answers that make a call be sent in halves. PutRecord has one record and no halves: it fails.</summary>
    private static readonly string[] Halving = ["poison answer", "413 in HTML"];

    public static TheoryData<OrderedMode> Modes => [OrderedMode.PutRecord, OrderedMode.PutRecords];

    public static TheoryData<OrderedMode, string> OrderedCases => OrderedCasesOf(isLikeAnother: false);

    public static TheoryData<OrderedMode, string> OrderedCasesLikeOthers => OrderedCasesOf(isLikeAnother: true);

    [Theory]
    [MemberData(nameof(OrderedCases))]
    public Task Put_WhenTheEndpointHasAFault_TellsWhatTheAccountSaysAndKeepsTheOrder(OrderedMode mode, string name) => RunOrderedAsync(mode, name);

    [Theory]
    [MemberData(nameof(OrderedCasesLikeOthers))]
    [Trait("Category", "Long")]
    public Task Put_WhenTheEndpointHasAFaultLikeAnother_TellsWhatTheAccountSaysAndKeepsTheOrder(OrderedMode mode, string name) => RunOrderedAsync(mode, name);

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

    private static TheoryData<OrderedMode, string> OrderedCasesOf(bool isLikeAnother) => new(
        from fault in FaultCase.All
        from mode in (OrderedMode[])[OrderedMode.PutRecords, OrderedMode.PutRecord]
        where isLikeAnother == fault.Value.IsLikeAnother && (mode == OrderedMode.PutRecords || fault.Value.Fault is not WrongCountFault)
        select (mode, fault.Key));

    private static async Task RunOrderedAsync(OrderedMode mode, string name)
    {
        var fault = FaultCase.All[name];
        await using var run = await FaultRun.StartAsync(fault, o => o.Ordered = mode);
        var ofMode = fault.Fault with
        {
            Operation = fault.Fault.Operation == "PutRecords" ? mode.ToString() : fault.Fault.Operation,
            OverBytes = mode == OrderedMode.PutRecord ? null : fault.Fault.OverBytes,
        };
        await run.MeetAsync(ofMode, records: 300);
        var duplicates = await CheckAsync();
        Assert.True(duplicates == 0 || fault.Expected == Expected.Again, $"{duplicates} duplicates");
        var fails = fault.Expected == Expected.Failed || mode == OrderedMode.PutRecord && Halving.Contains(name);
        Assert.Equal(fails, run.Told.Values.Any(r => !r.IsSuccess));
        await run.GoOnAsync();
        Assert.Equal(duplicates, await CheckAsync());

        async Task<int> CheckAsync()
        {
            var placesAreTrue = fault.Fault is not FallingSequenceNumberFault;
            var duplicates = await run.CheckAsync(placesAreTrue);
            if (placesAreTrue)
                run.CheckOrder();
            return duplicates;
        }
    }

    private static Task<FaultRun> StartAsync(OrderedMode mode, Action<KplOptions>? configure = null, int shards = 4) => FaultRun.StartAsync(shards, o =>
    {
        o.Ordered = mode;
        configure?.Invoke(o);
    });
}
