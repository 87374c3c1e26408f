using Orleans.Kpl.Pipeline.Backlog.DeadLettering;
using Orleans.Kpl.Pipeline.Backlog.Delivering;
using Orleans.Kpl.Pipeline.Backlog.Keeping;
using Orleans.Kpl.Pipeline.Backlog.Logs;

namespace Orleans.Kpl.Pipeline.Tests.Backlog;

/// <summary>The log of a process that lives is taken by another one: a new log follows.</summary>
public sealed class FencedTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task Fenced_WhereLogsBeginAnew_GoesOnWithANewLog(int maxAppends)
    {
        await using var harness = new BacklogHarness(beginsAnew: true);
        harness.Store.MaxAppends = maxAppends;
        harness.Kinesis.GoAway();
        await harness.PersistAsync(PipelineHarness.Records(100));
        harness.Store.TakeOver(MemoryBacklogStore.NameOf(0));

        // These meet the fence: nobody has them but this process, so they end when Kinesis has them.
        var unacknowledged = await harness.PutAsync([.. Enumerable.Range(1_000, 50).Select(static i => PipelineHarness.Record(i, 20_000))],
            BacklogHarness.Persisted);
        await harness.DriveUntilAsync(() => harness.Events.Said.Any(static s => s.StartsWith("backlog fenced", StringComparison.Ordinal)));
        await harness.DriveUntilAsync(() => !harness.Backlog.State.IsStopped && harness.Backlog.State.TakesMore);
        var persisted = await harness.PersistAsync([.. PipelineHarness.Records(200).Skip(150)]);
        Assert.All(persisted, static r => Assert.Equal(RecordStatus.Persisted, r.Status));
        Assert.NotEmpty(harness.Store.SegmentsOf(MemoryBacklogStore.NameOf(1)));
        Assert.Equal([false], harness.Store.LetGo);

        harness.Kinesis.ComeBack();
        Assert.All(await harness.DriveAsync(unacknowledged), static r => Assert.True(r.IsSuccess, r.ToString()));
        await harness.EndAllAsync();
        // What was in the lost log is the other's to deliver; some of it was in memory here and was delivered all the same.
        Assert.Equal(200, harness.Ledger.Accepted);
        Assert.Equal(200, harness.Ledger.Delivered + harness.Ledger.Unknown);
        Assert.InRange(harness.Ledger.Delivered, 100, 200);
    }

    /// <summary>Found by the simulator (seed 4977): what was lost with its log was lost once more where its reading found nothing.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Fenced_WhileASegmentIsBeingRead_CountsItsRecordsOnce(bool isRemoved)
    {
        await using var harness = new BacklogHarness();
        var (isReading, mayRead) = (false, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        harness.Store.Before = async (call, token) =>
        {
            isReading |= call.What == StoreCallKind.Read;
            if (call.What == StoreCallKind.Read)
                await mayRead.Task.WaitAsync(token);
        };
        harness.Kinesis.GoAway();
        await harness.PersistAsync(PipelineHarness.Records(10));
        harness.Crash();
        harness.Kinesis.ComeBack();
        var unsaved = await harness.PutAsync(PipelineHarness.Record(100), BacklogHarness.Persisted);
        await harness.DriveUntilAsync(() => isReading);
        var other = harness.Store.TakeOver(BacklogHarness.Stream);
        _ = await harness.PutAsync(PipelineHarness.Record(101), BacklogHarness.Persisted);
        await harness.DriveUntilAsync(() => harness.Backlog.State.IsStopped);
        if (isRemoved)
            await other.RemoveAsync([.. other.Found.Select(static f => f.Number)], TestContext.Current.CancellationToken);

        mayRead.SetResult();
        await harness.DriveAsync(unsaved);
        await harness.PassAsync(TimeSpan.FromSeconds(1));

        Assert.Equal(0, harness.Ledger.InBacklog);
        Assert.InRange(harness.Ledger.Unknown, 10, 11);
        Assert.DoesNotContain(harness.Events.Said, static s => s.Contains("set aside", StringComparison.Ordinal));
    }

    /// <summary>All that was left of the segment went out, and the new owner delivered it too.</summary>
    [Fact]
    public async Task Fenced_WhileTheRestOfASegmentWaitsForMemory_LetsNothingMoreOut()
    {
        // Records go out one by one, and two find memory at once.
        var harness = await LoneBacklogHarness.OpenAsync(static o => o.MaxOutstandingRecords = 7);
        var store = new MemoryBacklogStore();
        var adopted = harness.Backlog.Logs.AdoptAsync(await harness.LeftSegmentsAsync(store, ["a", "b", "c", "d"]));
        await harness.PassAsync(50);
        Assert.Equal(["a", "b"], harness.Out);
        harness.Memory.Charge(1, 7);
        store.TakeOver("left");
        harness.Deliver();
        harness.Deliver();
        await harness.PassAsync(500);
        await Assert.ThrowsAsync<BacklogFencedException>(() => adopted);

        harness.Memory.Release(1, 7);
        await harness.PassAsync(500);
        Assert.Empty(harness.Out);
        var ledger = harness.Ledger.Read();
        Assert.Equal((2, 2, 0), (ledger.Delivered, ledger.Unknown, ledger.InBacklog));
        Assert.Equal(0, harness.Memory.Bytes);
    }

    /// <summary>It was counted as lost by whoever ended it, and once more by the fence, which counts segment by segment.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Fenced_AsARecordComesBack_CountsItOnce(bool comesFirst)
    {
        var harness = new LoneBacklogHarness();
        var (context, logs) = (harness.Backlog.Context, harness.Backlog.Logs);
        var outcomes = new SegmentOutcomes(
            context, harness.Memory, harness.Completer, logs, new DeadLetterQueue(context, new StreamDeadLetters(context), logs));
        var index = SegmentIndex.Open(LoneBacklogHarness.Stream, await harness.LeftLogAsync("a"), harness.Events);
        var segment = Assert.Single(index.All());
        context.Found(index.FoundRecords);
        segment.Enter(1);

        index.IsLost = true;
        if (!comesFirst)
            context.Lost(segment.WriteOff());
        outcomes.CameBack(segment, 0, RecordResult.NotDelivered(RecordStatus.Failed, RecordErrorCodes.Expired, "late", new UserRecord("a", new byte[] { 1 })));
        context.Lost(segment.WriteOff());

        Assert.Equal(new StreamLedger(1, 0, 0, 1, 0, 0, 0), harness.Ledger.Read());
    }

    /// <summary>Its write was begun after the fence had gone through the segments, and acknowledged all the same.</summary>
    [Fact]
    public async Task Fenced_JustBeforeASegmentIsBegun_CountsItsRecordsOut()
    {
        var harness = new LoneBacklogHarness();
        var index = SegmentIndex.Open(LoneBacklogHarness.Stream, await harness.LeftLogAsync(), harness.Events);
        index.IsLost = true;
        var segment = index.Begin();
        segment.Begin([new MemberRef(null!, 0)]);
        harness.Ledger.Accepted(1);

        segment.Durable(harness.Ledger, out var lost);

        Assert.Equal(1, lost);
    }

    /// <summary>One write of the lost log was made, whose acknowledgement comes before the fence, or after it.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Fenced_WhileASegmentIsAcknowledged_EveryRecordEndsOnce(bool acknowledgedFirst)
    {
        TaskCompletionSource acknowledged = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource isSealed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var harness = new BacklogHarness(beginsAnew: true);
        harness.Store.Before = async (call, _) =>
        {
            if (call.What != StoreCallKind.Append || call.Log != MemoryBacklogStore.NameOf(0))
                return;
            await (call.Number == 1 ? acknowledged : isSealed).Task;
            if (call.Number > 1)
                throw new BacklogFencedException("another process owns it");
        };
        await harness.OpenAsync();
        var puts = new List<Task<RecordResult>>();
        for (var i = 0; i < 6; i++)
            puts.Add(await harness.PutAsync(PipelineHarness.Record(i, 200_000), BacklogHarness.Persisted));
        TaskCompletionSource[] turns = acknowledgedFirst ? [acknowledged, isSealed] : [isSealed, acknowledged];
        await harness.PassAsync(TimeSpan.FromMilliseconds(100));
        foreach (var turn in turns)
        {
            turn.SetResult();
            await harness.PassAsync(TimeSpan.FromMilliseconds(20));
        }

        Assert.All(await harness.DriveAsync(Task.WhenAll(puts)), static r => Assert.True(r.IsSuccess, r.ToString()));
        await harness.EndAllAsync();
        Assert.Equal(6, harness.Ledger.Delivered + harness.Ledger.Unknown);
        await harness.DriveUntilAsync(() => harness.Backlog.State.TakesMore);
        Assert.Equal(RecordStatus.Persisted, (await harness.PersistAsync(PipelineHarness.Record(7))).Status);
    }

    [Fact]
    public async Task Fenced_AgainAndAgain_EachTimeANewLogFollows()
    {
        await using var harness = new BacklogHarness(beginsAnew: true);
        for (var round = 0; round < 5; round++)
        {
            await harness.DriveUntilAsync(() => harness.Producer.Find(BacklogHarness.Stream)?.Backlog is null || harness.Backlog.State.TakesMore);
            Assert.Equal(RecordStatus.Persisted,
                (await harness.PersistAsync(PipelineHarness.Record(round))).Status);
            harness.Store.TakeOver(MemoryBacklogStore.NameOf(round));
            Assert.True((await harness.PersistAsync(PipelineHarness.Record(100 + round))).IsSuccess);
        }

        await harness.EndAllAsync();
        Assert.Equal(10, harness.Ledger.Delivered + harness.Ledger.Unknown);
        Assert.Equal(10, harness.Seen.Count);
    }

    [Fact]
    public async Task Fenced_WhileTheStoreIsDown_OpensANewLogWhenItIsBack()
    {
        await using var harness = new BacklogHarness(beginsAnew: true);
        await harness.PersistAsync(PipelineHarness.Record(1));
        harness.Store.Before = static (call, _) =>
            call.What == StoreCallKind.Open ? throw new BacklogStoreException("no log can be begun") : Task.CompletedTask;
        harness.Store.TakeOver(MemoryBacklogStore.NameOf(0));
        await harness.PersistAsync(PipelineHarness.Record(2));
        await harness.PassAsync(TimeSpan.FromSeconds(5));
        Assert.True((await harness.PersistAsync(PipelineHarness.Record(3))).IsSuccess);
        Assert.False(harness.Backlog.State.TakesMore);
        harness.Store.Before = static (_, _) => Task.CompletedTask;
        await harness.DriveUntilAsync(() => harness.Backlog.State.TakesMore);

        Assert.Equal(RecordStatus.Persisted, (await harness.PersistAsync(PipelineHarness.Record(4))).Status);
        await harness.EndAllAsync();
        Assert.Equal(4, harness.Seen.Count);
    }
}
