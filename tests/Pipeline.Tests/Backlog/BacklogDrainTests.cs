namespace Orleans.Kpl.Pipeline.Tests.Backlog;

/// <summary>A producer that is disposed waits no longer than there is something to wait for.</summary>
public sealed class BacklogDrainTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(2);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Dispose_WithEverythingPersisted_DoesNotWaitForKinesis(bool byAnEarlierProcess)
    {
        var harness = new BacklogHarness();
        harness.Kinesis.GoAway();
        Assert.All(await harness.PersistAsync(PipelineHarness.Records(50)),
            static r => Assert.Equal(RecordStatus.Persisted, r.Status));
        if (byAnEarlierProcess)
        {
            await DisposeAsync(harness);
            harness.Crash();
        }

        Assert.InRange(await DisposeAsync(harness), TimeSpan.Zero, Soon);

        Assert.Equal(50, harness.Ledger.InBacklog);
        Assert.Contains($"50 left in the backlog of {BacklogHarness.Stream}", harness.Events.Said);
        await DeliverAsync(harness, 50);
    }

    /// <summary>The flush of a drain came before they were written, and they lingered after it.</summary>
    [Fact]
    public async Task Dispose_WhileRecordsArePersisted_EndsTheirLinger()
    {
        var harness = new BacklogHarness(configure: static o => o.RecordMaxBufferedTime = TimeSpan.FromSeconds(10));
        await harness.PutAsync(PipelineHarness.Records(50), BacklogHarness.Persisted);

        Assert.InRange(await DisposeAsync(harness), TimeSpan.Zero, Soon);

        Assert.Equal(50, harness.Seen.Count);
    }

    /// <summary>A program that puts a few records and ends, again and again, is the only one that ever sees its folder.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Dispose_AtOnce_DeliversWhatAnEarlierProcessLeft(bool isOrdered)
    {
        var harness = new BacklogHarness(configure: o => o.Ordered = isOrdered ? OrderedMode.PutRecords : OrderedMode.Off);
        harness.Kinesis.GoAway();
        await harness.PersistAsync(PipelineHarness.Records(2_000));
        await DisposeAsync(harness);
        harness.Kinesis.ComeBack();
        harness.Crash();

        await DisposeAsync(harness);

        Assert.Equal(2_000, harness.Seen.Count);
        Assert.All(harness.Seen.Values, static times => Assert.Equal(1, times));
        Assert.Empty(harness.Store.SegmentsOf(BacklogHarness.Stream));
    }

    /// <summary>What its time does not suffice for is kept: nothing is cut.</summary>
    [Fact]
    public async Task Dispose_WithMoreInTheStoreThanItsTimeSufficesFor_LeavesTheRest()
    {
        var harness = new BacklogHarness(shards: 1, configure: static o =>
            (o.DrainTimeout, o.AggregationEnabled) = (TimeSpan.FromSeconds(3), false));
        harness.Kinesis.GoAway();
        await harness.PersistAsync(PipelineHarness.Records(9_000));
        await DisposeAsync(harness);
        harness.Kinesis.ComeBack();
        harness.Crash();

        Assert.InRange(await DisposeAsync(harness), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(4));

        Assert.InRange(harness.Seen.Count, 2_000, 8_000);
        Assert.Equal(9_000 - harness.Seen.Count, harness.Ledger.InBacklog);
        Assert.DoesNotContain(harness.Events.Said, static e => e.StartsWith("drain cut", StringComparison.Ordinal));
        await DeliverAsync(harness, 9_000);
    }

    /// <summary>The end of the time cut calls under way, whose records the next process sent again.</summary>
    [Fact]
    public async Task Dispose_WhoseTimeEndsWhileCallsAreUnderWay_WaitsForTheirAnswers()
    {
        var harness = new BacklogHarness(shards: 1, configure: static o => (o.DrainTimeout, o.AggregationEnabled) = (TimeSpan.FromSeconds(8), false));
        harness.Kinesis.GoAway();
        await harness.PersistAsync(PipelineHarness.Records(9_000));
        await DisposeAsync(harness);
        var stopping = CancellationToken.None;
        harness.Kinesis.BeforePut = (_, token) =>
        {
            stopping = token;
            return ValueTask.CompletedTask;
        };
        harness.Kinesis.AfterPut = async () => await Task.Delay(TimeSpan.FromSeconds(1), harness.Time, stopping);
        harness.Crash();

        Assert.InRange(await DisposeAsync(harness), TimeSpan.FromSeconds(6), TimeSpan.FromSeconds(8.5));

        harness.Kinesis.AfterPut = static () => ValueTask.CompletedTask;
        await DeliverAsync(harness, 9_000);
        Assert.All(harness.Seen.Values, static times => Assert.Equal(1, times));
    }

    [Fact]
    public async Task Dispose_OfAStreamThatSpills_TakesWhatIsInMemoryToTheBacklogSoon()
    {
        var harness = new BacklogHarness(configure: static o => o.HighWaterMode = HighWaterMode.Spill);
        harness.Kinesis.GoAway();
        var delivery = await harness.PutAsync(PipelineHarness.Records(50));

        Assert.InRange(await DisposeAsync(harness), TimeSpan.Zero, Soon);

        Assert.All(await delivery, static r => Assert.Equal(RecordStatus.Persisted, r.Status));
        Assert.Equal(50, harness.Ledger.InBacklog);
        await DeliverAsync(harness, 50);
    }

    /// <summary>The drain looks every now and then whether it may end. When its time is up, that must end too, and not fail where nobody sees it.</summary>
    [Fact]
    public async Task Dispose_WithARecordThatNobodyPersists_WaitsForIt_AndLooksNoMoreWhenItsTimeIsUp() =>
        Assert.Empty(await UnobservedFailures.OfAsync(DisposeLateAsync));

    private static async Task DisposeLateAsync()
    {
        await using var harness = new BacklogHarness(configure: static o =>
            (o.DrainTimeout, o.RecordTtl) = (TimeSpan.FromSeconds(3), TimeSpan.FromMinutes(1)));
        harness.Kinesis.GoAway();
        await harness.PersistAsync(PipelineHarness.Records(50));
        var delivery = await harness.PutAsync(PipelineHarness.Record(99));
        Assert.InRange(await DisposeAsync(harness), TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(5));
        Assert.Equal((RecordErrorCodes.Shutdown, 50), ((await delivery).ErrorCode, harness.Ledger.InBacklog));

        await harness.PassAsync(TimeSpan.FromSeconds(1));

        Assert.Equal(0, harness.Time.ArmedTimers);
    }

    /// <summary>Kinesis is slow, not away: what is under way is waited for, so that the next process does not send it again.</summary>
    [Fact]
    public async Task Dispose_WhileACallIsUnderWay_WaitsForItsAnswer()
    {
        var harness = new BacklogHarness();
        harness.Kinesis.BeforePut = async (_, token) => await Task.Delay(TimeSpan.FromSeconds(4), harness.Time, token);
        await harness.PersistAsync(PipelineHarness.Records(50));

        Assert.InRange(await DisposeAsync(harness), TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(6));

        Assert.Equal(50, harness.Ledger.Delivered);
        await DeliverAsync(harness, 50);
        Assert.All(harness.Seen.Values, static times => Assert.Equal(1, times));
    }

    private static async Task<TimeSpan> DisposeAsync(BacklogHarness harness)
    {
        var from = harness.Time.GetUtcNow();
        await harness.DriveAsync(harness.Producer.DisposeAsync().AsTask(), 20);
        return harness.Time.GetUtcNow() - from;
    }

    private static async Task DeliverAsync(BacklogHarness harness, int records)
    {
        harness.Crash();
        harness.Kinesis.ComeBack();
        await harness.DriveUntilAsync(() => harness.Seen.Count == records, stepMs: 20);
        await harness.DisposeAsync();
    }
}
