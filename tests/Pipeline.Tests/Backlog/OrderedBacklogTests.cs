namespace Orleans.Kpl.Pipeline.Tests.Backlog;

/// <summary>The order of records through spill, replay and restart.</summary>
public sealed class OrderedBacklogTests
{
    [Theory]
    [InlineData(OrderedMode.PutRecords)]
    [InlineData(OrderedMode.PutRecord)]
    public async Task Outage_ThatSpills_KeepsTheOrder(OrderedMode mode)
    {
        await using var harness = new BacklogHarness(shards: 3, configure: o =>
        {
            o.Ordered = mode;
            o.HighWaterMode = HighWaterMode.Spill;
            o.MaxOutstandingBytes = 100_000;
            o.RecordTtl = TimeSpan.FromMinutes(5);
        });
        var putting = PutAllAsync(harness, 0, 600, null);
        await harness.DriveUntilAsync(() => harness.Ledger.Accepted >= 60);
        harness.Kinesis.GoAway();
        await harness.PassAsync(TimeSpan.FromSeconds(20), stepMs: 20);
        Assert.Contains("spill began", harness.Events.Said);
        harness.Kinesis.ComeBack();
        await harness.DriveAsync(putting);
        await harness.EndAllAsync(stepMs: 20);
        await harness.DriveAsync(PutAllAsync(harness, 600, 50, null));
        await harness.EndAllAsync(stepMs: 20);

        AssertInOrder(harness, 650);
    }

    /// <summary>Who did not ask for persistence waits for what was persisted before, and then for Kinesis.</summary>
    [Fact]
    public async Task Persisted_AmongDelivered_KeepsTheOrder()
    {
        await using var harness = new BacklogHarness(shards: 2, configure: static o => o.Ordered = OrderedMode.PutRecords);
        var random = new Random(3);
        var (deliveries, expected) = (new List<Task<RecordResult>>(), new List<RecordStatus>());
        for (var i = 0; i < 500; i++)
        {
            var isPersisted = random.Next(3) == 0;
            expected.Add(isPersisted ? RecordStatus.Persisted : RecordStatus.Delivered);
            deliveries.Add(await harness.PutAsync(Record(i), isPersisted ? BacklogHarness.Persisted : null));
            if (random.Next(20) == 0)
                await harness.PassAsync(TimeSpan.FromMilliseconds(random.Next(200)));
        }

        Assert.Equal(expected, (await harness.DriveAsync(Task.WhenAll(deliveries))).Select(static r => r.Status));
        await harness.DriveUntilAsync(() => harness.Ledger.Delivered == 500);
        AssertInOrder(harness, 500);
    }

    [Fact]
    public async Task Restart_ReplaysBeforeWhatComesNew()
    {
        await using var harness = new BacklogHarness(shards: 2, configure: static o => o.Ordered = OrderedMode.PutRecords);
        harness.Kinesis.GoAway();
        for (var i = 0; i < 20; i++)
            await harness.DriveAsync(PutAllAsync(harness, i * 20, 20, BacklogHarness.Persisted));
        harness.Crash();
        harness.Kinesis.ComeBack();
        await harness.DriveAsync(PutAllAsync(harness, 400, 100, null));

        await harness.EndAllAsync();
        AssertInOrder(harness, 500);
    }

    /// <summary>Puts that are not persisted wait for what is in the store, but not for ever: those behind them may be the backlog's.</summary>
    [Fact]
    public async Task Put_ThatIsNotPersisted_WaitsBehindTheStoreUntilItsTimeIsOver_AndKeepsOutNoOtherForLonger()
    {
        await using var harness = new BacklogHarness(shards: 1, configure: static o =>
        {
            o.Ordered = OrderedMode.PutRecords;
            o.RecordTtl = TimeSpan.FromSeconds(5);
        });
        harness.Kinesis.GoAway();
        for (var i = 0; i < 40; i++)
            await harness.DriveAsync(PutAllAsync(harness, 1_000 + (i * 20), 20, BacklogHarness.Persisted));
        harness.Crash();
        var waiting = harness.Producer.EnqueueAsync(BacklogHarness.Stream, Record(0)).AsTask();
        var batch = harness.Producer.EnqueueAsync(BacklogHarness.Stream, new[] { Record(1), Record(2) }).AsTask();
        var persisted = harness.Producer.EnqueueAsync(BacklogHarness.Stream, Record(3), BacklogHarness.Persisted).AsTask();
        await harness.PassAsync(TimeSpan.FromSeconds(4), stepMs: 50);
        Assert.False(waiting.IsCompleted || batch.IsCompleted || persisted.IsCompleted);
        await harness.PassAsync(TimeSpan.FromSeconds(2), stepMs: 50);

        Assert.True(waiting.IsCompleted && batch.IsCompleted && persisted.IsCompleted);
        Assert.Equal(RecordErrorCodes.Expired, (await (await waiting).Delivery).ErrorCode);
        Assert.All(await (await batch).Delivery, static r => Assert.Equal(RecordErrorCodes.Expired, r.ErrorCode));
        Assert.Equal(RecordStatus.Persisted, (await harness.DriveAsync((await persisted).Delivery)).Status);
    }

    /// <summary>What the log has is not known before it is open, however long that takes.</summary>
    [Fact]
    public async Task Restart_WhileTheStoreIsSilent_NothingGoesAheadOfWhatItHas()
    {
        await using var harness = new BacklogHarness(shards: 2, configure: static o =>
        {
            o.Ordered = OrderedMode.PutRecords;
            o.RecordTtl = TimeSpan.FromMinutes(5);
        });
        harness.Kinesis.GoAway();
        await harness.DriveAsync(PutAllAsync(harness, 0, 20, BacklogHarness.Persisted));
        harness.Crash();
        harness.Kinesis.ComeBack();
        harness.Store.Hang();
        await harness.OpenAsync();
        var persisted = PutAllAsync(harness, 20, 20, BacklogHarness.Persisted);
        var delivered = PutAllAsync(harness, 40, 20, null);
        await harness.PassAsync(TimeSpan.FromSeconds(10), stepMs: 20);
        Assert.Equal(0, harness.Kinesis.CountOf("key"));

        harness.Store.Release();
        await harness.DriveAsync(Task.WhenAll(persisted, delivered), stepMs: 20);
        await harness.EndAllAsync();
        AssertInOrder(harness, 60);
    }

    /// <summary>In the store it would wait behind newer ones.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Throttled_ARecordOfTheBacklog_KeepsItsPlace_WhereOthersFail(bool wholeCall)
    {
        await using var harness = new BacklogHarness(shards: 1, configure: static o =>
        {
            o.Ordered = OrderedMode.PutRecords;
            o.FailIfThrottled = true;
        });
        var (calls, answer) = (0, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        var throttled = new PutRecordsReplyEntry(null, null, RecordErrorCodes.Throttled, "slowly");
        harness.Kinesis.Refuse = (_, _) => calls == 1 && !wholeCall ? throttled : null;
        harness.Kinesis.BeforePut = async (_, _) =>
        {
            if (++calls > 1)
                return;
            await answer.Task;
            if (wholeCall)
                throw new KinesisException(KinesisFailureKind.Refused, RecordErrorCodes.Throttled, "slowly", 400);
        };
        await harness.DriveAsync(PutAllAsync(harness, 0, 20, BacklogHarness.Persisted));
        await harness.DriveUntilAsync(() => calls == 1);
        await harness.DriveAsync(PutAllAsync(harness, 20, 20, BacklogHarness.Persisted));
        answer.SetResult();
        await harness.EndAllAsync();
        AssertInOrder(harness, 40);

        harness.Kinesis.Refuse = (_, _) => throttled;
        Assert.Equal(RecordErrorCodes.Throttled, (await harness.DriveAsync(await harness.PutAsync(Record(40)))).ErrorCode);
    }

    /// <summary>Kinesis may have it. It was tried until it was too old, each time in vain, and everything behind it waited.</summary>
    [Fact]
    public async Task AnswerOfAnotherLength_ForARecordOfTheBacklog_MakesItADeadLetter_AndLaterOnesGoOn()
    {
        await using var harness = new BacklogHarness(shards: 1, configure: static o => o.Ordered = OrderedMode.PutRecords);
        harness.Kinesis.Answer = static _ => new PutRecordsReply([]);
        await harness.DriveAsync(PutAllAsync(harness, 0, 1, BacklogHarness.Persisted));
        await harness.PassAsync(TimeSpan.FromSeconds(20), stepMs: 20);
        Assert.Equal(1, harness.Ledger.DeadLettered);
        var letter = Assert.Single(await harness.DriveAsync(harness.Backlog.DeadLetters.ListAsync(0, 100, default)));
        Assert.Equal(RecordErrorCodes.RecordCountMismatch, letter.ErrorCode);

        harness.Kinesis.Answer = static r => r;
        await harness.DriveAsync(PutAllAsync(harness, 1, 20, BacklogHarness.Persisted));
        await harness.EndAllAsync();
        AssertInOrder(harness, 21);
    }

    /// <summary>Nobody asked for persistence: nothing is written, and what was asked for is told.</summary>
    [Fact]
    public async Task Put_OfAnOrderedStreamThatIsNotPersisted_IsDeliveredAndNothingIsStored()
    {
        await using var harness = new BacklogHarness(shards: 2, configure: static o => o.Ordered = OrderedMode.PutRecords);
        var results = await harness.DriveAsync(PutAllAsync(harness, 0, 400, null));

        Assert.All(results, static r => Assert.Equal(RecordStatus.Delivered, r.Status));
        Assert.Equal(0, harness.Store.AppendCount);
        AssertInOrder(harness, 400);
    }

    /// <summary>What is in memory was accepted before what waits in the store, and would be delivered after it.</summary>
    [Fact]
    public async Task Dispose_WhileRecordsWaitInTheStore_TellsOfThoseInMemoryAndKeepsTheOrder()
    {
        var harness = Spilling();
        // What comes before the log is open goes through it.
        await harness.DriveAsync(PutAllAsync(harness, 0, 1, null));
        await harness.DriveUntilAsync(() => harness.Ledger.Delivered == 1);
        harness.Kinesis.GoAway();
        var deliveries = new List<Task<RecordResult>>();
        var putting = PutAsync();
        await harness.DriveAsync(putting, stepMs: 20);
        Assert.True(harness.Ledger is { InFlight: > 0, InBacklog: > 0 }, harness.Ledger.ToString());
        await harness.DriveAsync(harness.Producer.DisposeAsync().AsTask(), 20);
        var results = await Task.WhenAll(deliveries);

        Assert.Contains(results, static r => r.ErrorCode == RecordErrorCodes.Shutdown);
        Assert.All(results, static r => Assert.True(r.Status == RecordStatus.Persisted || r.ErrorCode == RecordErrorCodes.Shutdown, r.ToString()));
        harness.Crash();
        harness.Kinesis.ComeBack();
        await harness.DriveUntilAsync(() => harness.Seen.Count == 1 + results.Count(static r => r.IsSuccess), stepMs: 20);
        AssertInOrder(harness, 1 + results.Count(static r => r.IsSuccess));
        await harness.DisposeAsync();

        async Task PutAsync()
        {
            for (var i = 1; i <= 400; i++)
                deliveries.Add((await harness.Producer.EnqueueAsync(BacklogHarness.Stream, Record(i))).Delivery);
        }
    }

    [Fact]
    public async Task Dispose_WithNothingInTheStore_KeepsWhatIsInMemoryInOrder()
    {
        var harness = Spilling();
        await harness.DriveAsync(PutAllAsync(harness, 0, 1, null));
        await harness.DriveUntilAsync(() => harness.Ledger.Delivered == 1);
        harness.Kinesis.GoAway();
        var putting = PutAllAsync(harness, 1, 59, null);
        await harness.DriveUntilAsync(() => harness.Ledger.Accepted == 60);
        Assert.Equal(0, harness.Ledger.InBacklog);
        await harness.DriveAsync(harness.Producer.DisposeAsync().AsTask(), 20);
        Assert.All(await putting, static r => Assert.Equal(RecordStatus.Persisted, r.Status));

        harness.Crash();
        harness.Kinesis.ComeBack();
        await harness.DriveUntilAsync(() => harness.Seen.Count == 60, stepMs: 20);
        AssertInOrder(harness, 60);
        await harness.DisposeAsync();
    }

    private static BacklogHarness Spilling() => new(shards: 3, configure: static o =>
    {
        o.Ordered = OrderedMode.PutRecords;
        o.HighWaterMode = HighWaterMode.Spill;
        o.MaxOutstandingBytes = 100_000;
        o.RecordTtl = TimeSpan.FromMinutes(5);
        o.DrainTimeout = TimeSpan.FromSeconds(3);
    });

    /// <summary>It had been let in, and waited for room: that a log was taken over meanwhile does not change what it asked for.</summary>
    [Fact]
    public async Task Put_ThatWaitsForRoomWhileALogIsTakenOver_IsDelivered()
    {
        await using var harness = new BacklogHarness(shards: 2, configure: static o =>
        {
            o.Ordered = OrderedMode.PutRecords;
            o.MaxOutstandingRecords = 10;
            o.RecordTtl = TimeSpan.FromMinutes(5);
        });
        await harness.PersistAsync(Record(0));
        await harness.DriveUntilAsync(() => harness.Ledger.InBacklog == 0);
        harness.Kinesis.GoAway();
        var filling = PutAllAsync(harness, 1, 10, null);
        var waiting = PutAllAsync(harness, 11, 1, null);
        await harness.PassAsync(TimeSpan.FromMilliseconds(500));
        Assert.Equal(11, harness.Ledger.Accepted);
        var adopting = harness.Backlog.Logs.AdoptAsync(await LeftLog.OfAsync(new MemoryBacklogStore(), PipelineHarness.Records(500, 100).Chunk(100)));
        await harness.DriveUntilAsync(() => harness.Backlog.State.MustGoBehind);
        harness.Kinesis.ComeBack();

        await harness.DriveAsync(filling);
        Assert.Equal(RecordStatus.Delivered, Assert.Single(await harness.DriveAsync(waiting)).Status);
        await harness.DriveAsync(adopting);
    }

    private static UserRecord Record(int i) => new($"key-{i % 40}", System.Text.Encoding.UTF8.GetBytes($"{i:D6}".PadRight(1_000)));

    private static async Task<RecordResult[]> PutAllAsync(BacklogHarness harness, int first, int count, PutOptions? options)
    {
        var deliveries = new List<Task<RecordResult>>();
        for (var i = first; i < first + count; i++)
            deliveries.Add((await harness.Producer.EnqueueAsync(BacklogHarness.Stream, Record(i), options)).Delivery);
        var results = await Task.WhenAll(deliveries);
        Assert.All(results, static r => Assert.True(r.IsSuccess, r.ToString()));
        return results;
    }

    /// <summary>First appearances of each shard rise.</summary>
    private static void AssertInOrder(BacklogHarness harness, int count) => Assert.Equal(count, InOrder.CheckRising(
        harness.Kinesis.Records, static r => int.Parse(r.Data, System.Globalization.CultureInfo.InvariantCulture)));
}
