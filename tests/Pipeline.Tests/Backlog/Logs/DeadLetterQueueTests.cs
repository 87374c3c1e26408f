namespace Orleans.Kpl.Pipeline.Tests.Backlog.Logs;

public sealed class DeadLetterQueueTests
{
    private readonly Keeper _keeper = new();

    /// <summary>Sent again, it might be delivered after all: a second time, or behind newer ones.</summary>
    [Theory]
    [InlineData(OrderedMode.Off)]
    [InlineData(OrderedMode.PutRecords)]
    public async Task Add_ALetterThatIsRefused_WaitsInTheStore_AndIsNotSentAgain(OrderedMode mode)
    {
        var harness = await WithRecordsAsync(1, o => o.Ordered = mode);
        _keeper.Refuses = true;
        harness.Fail("InvalidArgumentException");
        await harness.PassAsync(3_000);
        Assert.Empty(harness.Out);
        Assert.Equal(new StreamLedger(1, 0, 0, 0, 0, 1, 0), harness.Ledger.Read());
        Assert.Equal("nobody keeps them", harness.Backlog.Status.StoreError);

        _keeper.Refuses = false;
        await harness.PassAsync(1_100);

        Assert.Equal("InvalidArgumentException", Assert.Single(Assert.Single(_keeper.Kept)).ErrorCode);
        Assert.Equal(new StreamLedger(1, 0, 0, 0, 0, 0, 1), harness.Ledger.Read());
        Assert.True(harness.Backlog.Logs.IsEmpty);
        Assert.Null(harness.Backlog.Status.StoreError);
    }

    /// <summary>Its segment was not in the store's queue meanwhile, so newer records went ahead; a crash then turned the two around.</summary>
    [Fact]
    public async Task Add_ALetterThatIsRefused_WhileOthersOfItsSegmentAreOut_LetsNothingPass()
    {
        var harness = await WithRecordsAsync(2, static o => o.Ordered = OrderedMode.PutRecords);
        Assert.Equal(1, harness.Backlog.Logs.Segments);
        _keeper.Refuses = true;
        harness.Fail("InvalidArgumentException");
        await harness.PassAsync(2_500);
        Assert.Equal(["key-1"], harness.Out);
        Assert.True(harness.Backlog.State.MustGoBehind);

        harness.Deliver();
        _keeper.Refuses = false;
        await harness.PassAsync(2_500);
        Assert.False(harness.Backlog.State.MustGoBehind);
        Assert.Equal(new StreamLedger(2, 1, 0, 0, 0, 0, 1), harness.Ledger.Read());
    }

    /// <summary>Where Kinesis may have it, and will not tell, another attempt would only repeat it.</summary>
    [Theory]
    [InlineData(OrderedMode.Off, RecordErrorCodes.RecordCountMismatch, true)]
    [InlineData(OrderedMode.PutRecords, RecordErrorCodes.RecordCountMismatch, true)]
    [InlineData(OrderedMode.Off, RecordErrorCodes.OwnerLost, false)]
    public async Task CameBack_ARecordThatItsOwnerEndedAsUnknown_IsADeadLetter_OrWaitsAgain(OrderedMode mode, string code, bool isForGood)
    {
        var harness = await WithRecordsAsync(1, o => o.Ordered = mode);
        harness.EndAtOwner(RecordStatus.Unknown, code);
        await harness.PassAsync(50);

        Assert.Equal(isForGood ? [code] : [], _keeper.Kept.SelectMany(static k => k).Select(static l => l.ErrorCode));
        Assert.Equal(isForGood ? (0, 1) : (1, 0), (harness.Ledger.Read().InBacklog, harness.Ledger.Read().DeadLettered));
    }

    [Fact]
    public async Task Add_WhileAHandOverIsUnderWay_SharesTheNextOne_OfFiveHundredAtMost()
    {
        var harness = await WithRecordsAsync(700);
        var answer = _keeper.Hang();
        harness.Fail("InvalidArgumentException");
        await harness.PassAsync(5);
        for (var i = 1; i < 700; i++)
            harness.Fail("InvalidArgumentException");
        await harness.PassAsync(5);
        answer.SetResult();
        await harness.PassAsync(50);

        Assert.Equal([1, 500, 199], _keeper.Kept.Select(static l => l.Count));
        Assert.Equal(700, harness.Ledger.Read().DeadLettered);
    }

    /// <summary>A segment of letters has one kind, as one of records has.</summary>
    [Fact]
    public async Task Add_OfRecordsThatAreAlone_SharesNoHandOverWithOthers_AndKeepsTheOrder()
    {
        var harness = await WithRecordsAsync(1);
        foreach (var (key, isAlone) in new[] { ("a", true), ("b", true), ("c", false), ("d", true) })
        {
            _ = harness.Put(key, isAlone: isAlone);
            await harness.PassAsync(50);
        }

        var answer = _keeper.Hang();
        harness.Fail("InvalidArgumentException");
        await harness.PassAsync(5);
        while (harness.Out.Any())
            harness.Fail("InvalidArgumentException");
        answer.SetResult();
        await harness.PassAsync(50);

        Assert.Equal(["key-0", "a b", "c", "d"], _keeper.Kept.Select(static k => string.Join(' ', k.Select(static l => l.Record.PartitionKey))));
        Assert.Equal([false, true, false, true], _keeper.Kept.Select(static k => Assert.Single(k.Select(static l => l.IsAlone).Distinct())));
    }

    /// <summary>
    /// Kinesis refuses all that is replayed, and nobody keeps the letters for now: the whole store came into memory, where no limit counts them.
    /// </summary>
    [Fact]
    public async Task Add_FasterThanLettersAreKept_HoldsUpTheReplay()
    {
        const int segments = 60;
        var harness = await WithRecordsAsync(0);
        var answer = _keeper.Hang();
        var left = Enumerable.Range(0, segments).Select(static n => new[] { new UserRecord($"key-{n}", new byte[100_000]) });
        _ = harness.Backlog.Logs.AdoptAsync(await LeftLog.OfAsync(new MemoryBacklogStore(), left));
        var refused = 0;
        for (var passed = 0; passed < 3_000; passed += 50)
        {
            await harness.PassAsync(50);
            for (; harness.Out.Any(); refused++)
                harness.Fail("InvalidArgumentException");
        }

        Assert.InRange(refused, 10, 15);
        answer.SetResult();
        for (; harness.Ledger.Read().InBacklog > 0; await harness.PassAsync(50))
        {
            while (harness.Out.Any())
                harness.Fail("InvalidArgumentException");
        }

        Assert.Equal(new StreamLedger(segments, 0, 0, 0, 0, 0, segments), harness.Ledger.Read());
    }

    private async Task<LoneBacklogHarness> WithRecordsAsync(int count, Action<KplOptions>? configure = null)
    {
        var harness = await LoneBacklogHarness.OpenAsync(configure, deadLetters: _keeper);
        for (var i = 0; i < count; i++)
            _ = harness.Put($"key-{i}");
        await harness.PassAsync(50);
        Assert.Equal(count, harness.Out.Count());
        return harness;
    }

    private sealed class Keeper : IDeadLetters
    {
        private Task _answer = Task.CompletedTask;

        public List<IReadOnlyList<DeadLetter>> Kept { get; } = [];

        public bool Refuses { get; set; }

        public TaskCompletionSource Hang()
        {
            var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _answer = answer.Task;
            return answer;
        }

        public async Task AddAsync(IReadOnlyList<DeadLetter> letters, CancellationToken cancellationToken)
        {
            await _answer;
            if (Refuses)
                throw new BacklogStoreException("nobody keeps them");
            Kept.Add(letters);
        }
    }
}
