namespace Orleans.Kpl.Pipeline.Tests.Backlog;

/// <summary>The log of a process that is no more, delivered by another.</summary>
public sealed class TakeOverTests
{
    [Fact]
    public async Task Adopt_OfAnEmptyLog_EndsAtOnce()
    {
        await using var harness = new BacklogHarness();
        await harness.DriveAsync(await harness.PutAsync(PipelineHarness.Record(9_000)));
        var empty = await new MemoryBacklogStore().OpenAsync("any", SegmentLogKind.Records, default);

        var since = harness.Time.GetTimestamp();
        var adopting = harness.Backlog.Logs.AdoptAsync(empty);
        await PipelineHarness.SettleAsync();

        Assert.True(adopting.IsCompletedSuccessfully, "an empty log was waited for");
        Assert.Equal(since, harness.Time.GetTimestamp());
        Assert.Equal(0, harness.Ledger.InBacklog);
    }

    [Fact]
    public async Task Adopt_WhenYetAnotherTakesItOver_FailsAndLetsGo()
    {
        await using var harness = new BacklogHarness();
        var store = new MemoryBacklogStore();
        var dead = await LeftLog.OfAsync(store, PipelineHarness.Records(500, 100).Chunk(100));
        await harness.DriveAsync(await harness.PutAsync(PipelineHarness.Record(9_000)));
        SpillTests.TakeDown(harness);
        var adopting = harness.Backlog.Logs.AdoptAsync(dead);
        await harness.PassAsync(TimeSpan.FromMilliseconds(500));
        store.TakeOver("left");
        SpillTests.BringUp(harness);

        await Assert.ThrowsAsync<BacklogFencedException>(() => harness.DriveAsync(adopting));
        await harness.PassAsync(TimeSpan.FromSeconds(1));
        Assert.Equal(0, harness.Ledger.InBacklog);
        Assert.False(harness.Backlog.State.IsStopped);
    }

    [Fact]
    public async Task Reshard_WhileReplaying_LosesAndMisplacesNothing()
    {
        await using var harness = new BacklogHarness(shards: 2, configure: static o => o.RateLimit = 5);
        await harness.DriveAsync(await harness.PutAsync(PipelineHarness.Record(9_000)));
        var adopting = harness.Backlog.Logs.AdoptAsync(await LeftLog.OfAsync(new MemoryBacklogStore(), PipelineHarness.Records(2_000, 100).Chunk(100)));
        await harness.DriveUntilAsync(() => harness.Seen.Count > 300);
        harness.Kinesis.Reshard(FakeKinesis.Even(3, 2));
        await harness.DriveUntilAsync(() => harness.Seen.Count > 1_000);
        harness.Kinesis.Reshard(FakeKinesis.Even(2, 5));

        await harness.DriveAsync(adopting);

        Assert.Equal(2_001, harness.Seen.Count);
        Assert.Equal(2_001, harness.Ledger.Delivered);
    }
}
