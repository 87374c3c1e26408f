namespace Orleans.Kpl.Pipeline.Tests.Backlog;

/// <summary>A store that does not return, as a disk that is mounted from elsewhere: a producer ends all the same, and what it left goes on by itself.</summary>
public sealed class HungStoreTests
{
    /// <summary>It waited for ever.</summary>
    [Theory]
    [InlineData(20, 3_600, 20)]
    [InlineData(1, 3_600, 5)]
    [InlineData(3, 4, 3.5)]
    public async Task Dispose_WhileTheStoreHangs_WaitsForItWhileTheDrainHasTime_AMomentAtLeast_AndNoLongerThanTheStop(
        int drainSeconds, int stopSeconds, double expected)
    {
        await using var harness = new BacklogHarness(configure: o => o.DrainTimeout = TimeSpan.FromSeconds(drainSeconds));
        await harness.PersistAsync(PipelineHarness.Record(1));
        var store = Freeze(harness);
        var stop = new StopBudget(TimeSpan.FromSeconds(stopSeconds), TimeSpan.FromSeconds(drainSeconds), harness.Time);
        harness.Producer.LimitDrainTo(stop);
        var began = harness.Time.GetTimestamp();
        stop.Begin();

        await harness.DriveAsync(harness.Producer.DisposeAsync().AsTask(), 20);

        Assert.InRange(harness.Time.GetElapsedTime(began).TotalSeconds, expected - 0.1, expected + 0.5);
        Assert.Equal(1, harness.Ledger.Delivered);
        Assert.Single(NotClosed(harness), static said => said.EndsWith($" s: {BacklogHarness.Stream}", StringComparison.Ordinal));
        store.SetResult();
    }

    /// <summary>Nobody knows whether the write will be made: its record is neither told as persisted nor as failed.</summary>
    [Fact]
    public async Task Dispose_WhileAWriteHangs_TellsItsRecordAsUnknown_AndTheNextProcessDeliversWhatWasPersisted()
    {
        await using var harness = new BacklogHarness(configure: static o =>
            (o.DrainTimeout, o.RecordTtl) = (TimeSpan.FromSeconds(3), TimeSpan.FromMinutes(1)));
        harness.Kinesis.GoAway();
        await harness.PersistAsync(PipelineHarness.Record(1));
        var store = Freeze(harness);
        var delivery = await harness.PutAsync(PipelineHarness.Record(2), BacklogHarness.Persisted);

        await harness.DriveAsync(harness.Producer.DisposeAsync().AsTask(), 20);

        var result = await delivery;
        Assert.Equal((RecordStatus.Unknown, RecordErrorCodes.Shutdown), (result.Status, result.ErrorCode));
        Assert.Contains("the backlog may have it", result.ErrorMessage, StringComparison.Ordinal);
        Assert.NotNull(result.Record);
        Assert.Equal((1, 1), (harness.Ledger.InBacklog, harness.Ledger.Unknown));
        Assert.Single(NotClosed(harness));
        Assert.Contains($"1 left in the backlog of {BacklogHarness.Stream}", harness.Events.Said);

        store.SetResult();
        await harness.DriveUntilAsync(() => !harness.Store.LetGo.IsEmpty);
        harness.Crash();
        harness.Kinesis.ComeBack();
        await harness.DriveUntilAsync(() => harness.Kinesis.CountOf(PipelineHarness.Record(1).PartitionKey) == 1, stepMs: 20);
    }

    /// <summary>The folder was given up while a write was still on its way, and the next producer had it.</summary>
    [Fact]
    public async Task Dispose_WhileTheStoreHangs_ClosesItWhenTheLastWriteHasEnded_AndNothingIsDeliveredAgain()
    {
        await using var harness = new BacklogHarness();
        var isClosed = false;
        harness.Producer.EndWith(() =>
        {
            isClosed = true;
            return Task.CompletedTask;
        });
        await harness.PersistAsync(PipelineHarness.Record(1));
        var store = Freeze(harness);
        await harness.DriveAsync(harness.Producer.DisposeAsync().AsTask(), 50);
        Assert.False(isClosed);

        store.SetResult();
        await harness.DriveUntilAsync(() => isClosed);

        Assert.Empty(harness.Store.SegmentsOf(BacklogHarness.Stream));
        Assert.Equal([true], harness.Store.LetGo);
    }

    /// <summary>Nobody waits for it any more, and what it throws then is no failure of the program.</summary>
    [Fact]
    public async Task Dispose_WhoseStoreFailsToBeClosedLater_IsOver()
    {
        Assert.Empty(await UnobservedFailures.OfAsync(async () =>
        {
            await using var harness = new BacklogHarness();
            var store = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            harness.Producer.EndWith(() => store.Task);
            await harness.PersistAsync(PipelineHarness.Record(1));

            await harness.DriveAsync(harness.Producer.DisposeAsync().AsTask(), 50);

            Assert.Single(NotClosed(harness), static said => said.EndsWith(" s: ", StringComparison.Ordinal));
            store.SetException(new IOException("the disk is gone"));
        }));
    }

    /// <summary>The drain waited for its closing before it did anything else, and so for ever: records of other streams had no outcome.</summary>
    [Fact]
    public async Task Dispose_WhileAnIdleStreamIsBeingClosed_EndsTheOthers()
    {
        await using var harness = new BacklogHarness(configure: static o => o.RecordMaxBufferedTime = TimeSpan.FromSeconds(10));
        await HangAsAnIdleStreamIsClosedAsync(harness);
        var delivery = (await harness.Producer.EnqueueAsync("other", PipelineHarness.Record(2))).Delivery;

        await harness.DriveAsync(harness.Producer.DisposeAsync().AsTask(), 50);

        Assert.Equal(RecordStatus.Delivered, (await delivery).Status);
        Assert.Single(NotClosed(harness), static said => said.EndsWith($" s: {BacklogHarness.Stream}", StringComparison.Ordinal));
    }

    /// <summary>They waited on for the disk, for which the producer itself did not wait, and so for ever.</summary>
    [Theory]
    [InlineData(OrderedMode.Off)]
    [InlineData(OrderedMode.PutRecords)]
    public async Task Dispose_WhileAnIdleStreamIsBeingClosed_TurnsAwayThePutsThatWaitForIt(OrderedMode ordered)
    {
        await using var harness = new BacklogHarness(configure: o => o.Ordered = ordered);
        await HangAsAnIdleStreamIsClosedAsync(harness);
        Task[] waiting =
        [
            harness.Producer.PutAsync(BacklogHarness.Stream, PipelineHarness.Record(2)).AsTask(),
            harness.Producer.PutAsync(BacklogHarness.Stream, PipelineHarness.Records(2)).AsTask(),
        ];
        await PipelineHarness.SettleAsync();
        Assert.All(waiting, static put => Assert.False(put.IsCompleted));

        await harness.DriveAsync(harness.Producer.DisposeAsync().AsTask(), 50);
        await PipelineHarness.SettleAsync();

        Assert.All(waiting, static put => Assert.True(put is { IsFaulted: true, Exception.InnerException: ObjectDisposedException }));
    }

    /// <summary>Leaves a stream alone until it is closed, which the store holds up.</summary>
    private static async Task HangAsAnIdleStreamIsClosedAsync(BacklogHarness harness)
    {
        harness.Producer.CloseIdleStreams(TimeSpan.FromMinutes(10));
        await harness.PersistAsync(PipelineHarness.Record(1));
        await harness.DriveUntilAsync(() => harness.Ledger.Delivered == 1, stepMs: 100);
        await harness.PassAsync(TimeSpan.FromSeconds(2), stepMs: 100);
        harness.Store.Hang();
        await harness.DriveUntilAsync(() => !harness.Store.LetGo.IsEmpty, stepMs: 10_000);
    }

    /// <summary>From here on no call of the store returns, whoever cancels it, until the task has ended.</summary>
    private static TaskCompletionSource Freeze(BacklogHarness harness)
    {
        var frozen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        harness.Store.Before = (_, _) => frozen.Task;
        return frozen;
    }

    private static IEnumerable<string> NotClosed(BacklogHarness harness) =>
        harness.Events.Said.Where(static said => said.StartsWith("not closed after ", StringComparison.Ordinal));
}
