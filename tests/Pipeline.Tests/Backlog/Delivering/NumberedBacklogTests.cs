namespace Orleans.Kpl.Pipeline.Tests.Backlog.Delivering;

/// <summary>Producer numbers of records that the backlog keeps: they stay the same through each process that sends them.</summary>
public sealed class NumberedBacklogTests
{
    private const int Count = 2_000;

    /// <summary>What was delivered just before a process vanished is delivered again by the next one.</summary>
    [Theory]
    [InlineData(OrderedMode.Off)]
    [InlineData(OrderedMode.PutRecords)]
    public async Task Restart_AfterACrash_SendsAgainUnderTheSameNumbers(OrderedMode mode)
    {
        await using var harness = new BacklogHarness(configure: o => (o.ProducerNumbers, o.Ordered) = (true, mode));
        var records = PipelineHarness.Records(Count);
        for (var part = 0; part < 4; part++)
        {
            var results = await harness.PersistAsync(records[(part * 500)..((part + 1) * 500)]);
            Assert.All(results, static r => Assert.Equal(RecordStatus.Persisted, r.Status));
            await harness.DriveUntilAsync(() => harness.Seen.Count > part * 500 + 250, stepMs: 1);
            harness.Crash();
            await harness.PassAsync(TimeSpan.FromSeconds(2));
        }

        await harness.DriveUntilAsync(() => harness.Store.SegmentsOf(BacklogHarness.Stream).Count == 0);
        WithoutRepeats.Check(harness.Kinesis, DataOf(records), leastRepeats: 100);
    }

    /// <summary>Records that Kinesis took without telling expire, go into the store, and are sent again from there.</summary>
    [Fact]
    public async Task ExpiredAfterAnswersThatWereLost_IsReplayedUnderTheSameNumber()
    {
        await using var harness = new BacklogHarness(configure: static o =>
        {
            o.ProducerNumbers = true;
            o.HighWaterMode = HighWaterMode.Spill;
            o.RecordTtl = TimeSpan.FromSeconds(2);
        });
        harness.Kinesis.AfterPut = static () =>
            throw new KinesisException(KinesisFailureKind.Ambiguous, RecordErrorCodes.ConnectionFailed, "the answer was lost");
        var records = PipelineHarness.Records(Count);
        var results = await harness.DriveAsync(await harness.PutAsync(records));
        Assert.Contains(results, static r => r.Status == RecordStatus.Persisted);

        harness.Kinesis.AfterPut = static () => ValueTask.CompletedTask;
        await harness.DriveUntilAsync(() => harness.Store.SegmentsOf(BacklogHarness.Stream).Count == 0);
        WithoutRepeats.Check(harness.Kinesis, DataOf(records), leastRepeats: Count);
    }

    /// <summary>Of a dead letter nobody may know whether Kinesis has it: retried, it is the same record for a consumer that drops repeats.</summary>
    [Fact]
    public async Task DeadLettersWhoseAnswersWereLost_AreRetriedUnderTheSameNumbers()
    {
        await using var harness = new BacklogHarness(configure: static o => o.ProducerNumbers = true);
        harness.Kinesis.AfterPut = static () => throw new InvalidDataException("the answer makes no sense");
        var records = PipelineHarness.Records(Count + 1);
        await harness.PersistAsync(records[..Count]);
        await harness.DriveUntilAsync(() => harness.Ledger.DeadLettered == Count);
        await harness.PassAsync(TimeSpan.FromMilliseconds(500));
        harness.Crash();

        harness.Kinesis.AfterPut = static () => ValueTask.CompletedTask;
        await harness.PersistAsync(records[Count..]);
        await harness.DriveUntilAsync(() => harness.Ledger is { Delivered: 1, DeadLettered: Count });
        Assert.Equal(Count, await harness.DriveAsync(harness.Backlog.RequeueDeadLettersAsync(null, default)));
        await harness.DriveUntilAsync(() => harness.Store.SegmentsOf(BacklogHarness.Stream).Count == 0);
        WithoutRepeats.Check(harness.Kinesis, DataOf(records), leastRepeats: Count);
    }

    /// <summary>Records of all kinds share aggregates: new ones, spilled ones and those that are sent again.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task PersistedAndOthers_ThroughLostAnswersReshardsAndACrash_AreThereOnce(int seed)
    {
        var random = new Random(seed);
        await using var harness = new BacklogHarness(shards: 2, configure: static o => o.ProducerNumbers = true);
        harness.Kinesis.AfterPut = () => random.Next(3) == 0
            ? throw new KinesisException(KinesisFailureKind.Ambiguous, RecordErrorCodes.ConnectionFailed, "the answer was lost")
            : ValueTask.CompletedTask;
        var (records, born) = (PipelineHarness.Records(Count), 2);
        for (var part = 0; part < 4; part++)
        {
            var (persisted, other) = (records[(part * 500)..(part * 500 + 250)], records[(part * 500 + 250)..((part + 1) * 500)]);
            var first = await harness.PutAsync(persisted, BacklogHarness.Persisted);
            var second = await harness.PutAsync(other);
            var count = 1 + random.Next(4);
            harness.Kinesis.Reshard(FakeKinesis.Even(count, born));
            born += count;
            await harness.DriveAsync(first);
            Assert.All(await harness.DriveAsync(second), static r => Assert.Equal(RecordStatus.Delivered, r.Status));
            if (part % 2 == 1)
                harness.Crash();
        }

        await harness.DriveUntilAsync(() => harness.Store.SegmentsOf(BacklogHarness.Stream).Count == 0);
        WithoutRepeats.Check(harness.Kinesis, DataOf(records), leastRepeats: 50);
    }

    /// <summary>A record for which a segment has no room goes into the next one: the number that it had got for the first was missing.</summary>
    [Fact]
    public async Task RecordsOfManySegments_HaveEveryNumber_ToTheLast()
    {
        await using var harness = new BacklogHarness(configure: static o => o.ProducerNumbers = true);
        harness.Kinesis.BeforePut = static (_, _) => throw new KinesisException(KinesisFailureKind.NotSent, "Down", "down");
        var records = PipelineHarness.Records(200, size: 100_000);
        await harness.PersistAsync(records);
        Assert.InRange(harness.Store.SegmentsOf(BacklogHarness.Stream).Count, 2, 100);
        Assert.All(harness.Producer.NumbersOf(BacklogHarness.Stream).Lines, static l => Assert.True(l.IsInBacklog));

        harness.Kinesis.BeforePut = static (_, _) => ValueTask.CompletedTask;
        await harness.DriveUntilAsync(() => harness.Store.SegmentsOf(BacklogHarness.Stream).Count == 0);
        var report = harness.VerifyNumbers();
        Assert.Equal((200L, 0L, 0L, 0), (report.Records, report.Missing, report.UnderWay, report.LinesWithoutEnd));
    }

    private static IEnumerable<string> DataOf(IEnumerable<UserRecord> records) => records.Select(static r => Encoding.UTF8.GetString(r.Data.Span));
}
