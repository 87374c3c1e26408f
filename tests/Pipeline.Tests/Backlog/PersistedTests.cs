using Orleans.Kpl.Pipeline.Sending;
using Orleans.Kpl.Pipeline.Tests.Simulation;

namespace Orleans.Kpl.Pipeline.Tests.Backlog;

/// <summary>A caller who asked for <see cref="AckLevel.Persisted"/>.</summary>
/// <remarks>Tests <see cref="Pipeline.Backlog.Writing.GroupCommit"/>.</remarks>
public sealed class PersistedTests
{
    [Fact]
    public async Task Put_WithPersisted_IsAnsweredOnceTheStoreHasIt()
    {
        await using var bench = new BacklogHarness();
        bench.Store.Hang();
        var delivery = await bench.PutAsync(PipelineHarness.Record(1), BacklogHarness.Persisted);
        await bench.PassAsync(TimeSpan.FromSeconds(1));
        Assert.False(delivery.IsCompleted);
        Assert.Equal(0, bench.Store.AppendCount);

        bench.Store.Release();
        var result = await bench.DriveAsync(delivery);

        Assert.Equal(RecordStatus.Persisted, result.Status);
        Assert.Equal(1, bench.Store.AppendCount);
        await bench.DriveUntilAsync(() => bench.Ledger.Delivered == 1);
        Assert.Equal(new StreamLedger(1, 1, 0, 0, 0, 0, 0), bench.Ledger);
        Assert.Equal(1, Assert.Single(bench.Seen).Value);
    }

    [Fact]
    public async Task Put_OfABatch_IsPersistedWholeThenDeliveredOnce()
    {
        await using var bench = new BacklogHarness();
        var records = PipelineHarness.Records(3_000, size: 200);

        var results = await bench.DriveAsync(await bench.PutAsync(records, BacklogHarness.Persisted));

        Assert.All(results, static r => Assert.Equal(RecordStatus.Persisted, r.Status));
        await bench.DriveUntilAsync(() => bench.Ledger.Delivered == 3_000);
        Assert.Equal(3_000, bench.Seen.Count);
        Assert.All(bench.Seen.Values, static times => Assert.Equal(1, times));
        await bench.DriveUntilAsync(() => bench.Store.SegmentsOf(BacklogHarness.Stream).Count == 0);
    }

    [Fact]
    public async Task Put_OfManyCallers_SharesSegments()
    {
        await using var bench = new BacklogHarness(configure: static o => o.AckLevel = AckLevel.Persisted);
        var deliveries = new List<Task<RecordResult>>();
        for (var i = 0; i < 500; i++)
            deliveries.Add((await bench.Producer.EnqueueAsync(BacklogHarness.Stream, PipelineHarness.Record(i))).Delivery);

        var results = await bench.DriveAsync(Task.WhenAll(deliveries));

        Assert.All(results, static r => Assert.Equal(RecordStatus.Persisted, r.Status));
        Assert.InRange(bench.Store.AppendCount, 1, 3);
    }

    [Fact]
    public async Task Restart_AfterACrash_DeliversWhatWasNot_NobodyCalling()
    {
        await using var bench = new BacklogHarness();
        bench.Kinesis.BeforePut = static (_, _) => throw new KinesisException(KinesisFailureKind.NotSent, RecordErrorCodes.ConnectionFailed, "down");
        var results = await bench.DriveAsync(await bench.PutAsync(PipelineHarness.Records(2_000), BacklogHarness.Persisted));
        Assert.All(results, static r => Assert.True(r.IsSuccess));

        bench.Crash();
        bench.Kinesis.BeforePut = static (_, _) => ValueTask.CompletedTask;
        await bench.DriveUntilAsync(() => bench.Seen.Count == 2_000);

        Assert.All(bench.Seen.Values, static times => Assert.Equal(1, times));
        await bench.DriveUntilAsync(() => bench.Store.SegmentsOf(BacklogHarness.Stream).Count == 0);
        Assert.Equal(new StreamLedger(2_000, 2_000, 0, 0, 0, 0, 0), bench.Ledger);
    }

    [Fact]
    public async Task Restart_AfterEverythingWasDeliveredAndSaved_DeliversNothingAgain()
    {
        await using var bench = new BacklogHarness();
        await bench.DriveAsync(await bench.PutAsync(PipelineHarness.Records(1_000), BacklogHarness.Persisted));
        await bench.DriveUntilAsync(() => bench.Ledger.Delivered == 1_000);
        await bench.PassAsync(TimeSpan.FromMilliseconds(500));

        bench.Crash();
        await bench.PassAsync(TimeSpan.FromSeconds(2));

        Assert.All(bench.Seen.Values, static times => Assert.Equal(1, times));
    }

    [Fact]
    public async Task Restart_AfterPartOfASegmentWasDelivered_DeliversTheRestOnly()
    {
        await using var bench = new BacklogHarness(shards: 2);
        var open = bench.Kinesis.Shards[0].ShardId;
        bench.Kinesis.Refuse = (_, shard) => shard.ShardId == open ? null : new PutRecordsReplyEntry(null, null, "InternalFailure", "no");
        await bench.DriveAsync(await bench.PutAsync(PipelineHarness.Records(1_000), BacklogHarness.Persisted));
        await bench.PassAsync(TimeSpan.FromSeconds(2));
        var before = bench.Seen.Count;
        Assert.InRange(before, 300, 700);

        bench.Crash();
        bench.Kinesis.Refuse = static (_, _) => null;
        await bench.DriveUntilAsync(() => bench.Seen.Count == 1_000);

        Assert.All(bench.Seen.Values, static times => Assert.Equal(1, times));
        Assert.Equal(1_000 - before, bench.Ledger.Accepted);
    }

    [Fact]
    public async Task Crash_WithProgressNotSaved_RepeatsWhatWasDeliveredSince_AndNoMore()
    {
        await using var bench = new BacklogHarness();
        await bench.DriveAsync(await bench.PutAsync(PipelineHarness.Records(1_000), BacklogHarness.Persisted));
        await bench.DriveUntilAsync(() => bench.Ledger.Delivered == 1_000);
        await bench.PassAsync(TimeSpan.FromMilliseconds(500));
        var later = Enumerable.Range(5_000, 300).Select(i => PipelineHarness.Record(i)).ToArray();
        await bench.DriveAsync(await bench.PutAsync(later, BacklogHarness.Persisted));
        await bench.DriveUntilAsync(() => bench.Ledger.Delivered == 1_300, stepMs: 1);

        bench.Crash();
        await bench.PassAsync(TimeSpan.FromSeconds(2));

        Assert.Equal(1_300, bench.Seen.Count);
        Assert.InRange(bench.Seen.Count(static s => s.Value > 1), 0, 300);
    }

    [Fact]
    public async Task Dispose_WithKinesisDown_LeavesPersistedRecordsInTheStore()
    {
        var bench = new BacklogHarness(configure: static o => o.DrainTimeout = TimeSpan.FromSeconds(2));
        bench.Kinesis.BeforePut = static (_, _) => throw new KinesisException(KinesisFailureKind.NotSent, RecordErrorCodes.ConnectionFailed, "down");
        await bench.DriveAsync(await bench.PutAsync(PipelineHarness.Records(500), BacklogHarness.Persisted));

        await bench.DriveAsync(bench.Producer.DisposeAsync().AsTask(), 50);

        Assert.Equal(500, bench.Ledger.InBacklog);
        Assert.NotEmpty(bench.Store.SegmentsOf(BacklogHarness.Stream));
        bench.Kinesis.BeforePut = static (_, _) => ValueTask.CompletedTask;
        bench.Crash();
        await bench.DriveUntilAsync(() => bench.Seen.Count == 500);
        await bench.DisposeAsync();
    }
}
