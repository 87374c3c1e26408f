namespace Orleans.Kpl.Pipeline.Tests.Backlog;

/// <summary>Records of the backlog whose stream is resharded, and those that shards took which no map explains, for longer than their time-to-live.</summary>
public sealed class StoredWrongShardTests
{
    private const int Count = 40;

    /// <summary>Their attempts are not kept with them. Once they were sent together again and again, each time into shards that are not known.</summary>
    [Theory]
    [InlineData(AckLevel.Persisted)]
    [InlineData(AckLevel.Delivered)]
    public async Task Record_WhoseShardNoMapExplains_IsDeliveredAfterTwoCopiesAtMost(AckLevel level)
    {
        await using var harness = new BacklogHarness(shards: 2, configure: o =>
        {
            o.AckLevel = level;
            o.HighWaterMode = HighWaterMode.Spill;
            o.RecordTtl = TimeSpan.FromSeconds(2);
        });
        await harness.DriveAsync(await harness.PutAsync(PipelineHarness.Record(-1)));
        await harness.DriveUntilAsync(() => harness.Ledger.Delivered == 1);
        var former = harness.Kinesis.Shards;
        harness.Kinesis.Listed = () => former;
        harness.Kinesis.Reshard(FakeKinesis.Even(5, firstId: 2));

        await harness.DriveAsync(await harness.PutAsync(PipelineHarness.Records(Count)), stepMs: 20);
        await harness.PassAsync(TimeSpan.FromSeconds(60), stepMs: 20);

        Assert.Equal(1 + Count, harness.Ledger.Delivered);
        Assert.Equal(1 + Count, harness.Seen.Count);
        Assert.All(harness.Kinesis.Records.GroupBy(static r => r.Data), static g => Assert.InRange(g.Count(), 1, 3));
    }

    /// <summary>Nothing is let out alone that was never in a wrong shard.</summary>
    [Fact]
    public async Task Record_ThatComesBackForAnotherReason_GoesWithOthers()
    {
        await using var harness = new BacklogHarness(shards: 1, configure: static o =>
        {
            o.AckLevel = AckLevel.Persisted;
            o.RecordTtl = TimeSpan.FromSeconds(2);
        });
        harness.Kinesis.GoAway();
        await harness.DriveAsync(await harness.PutAsync(PipelineHarness.Records(Count)), stepMs: 20);
        await harness.PassAsync(TimeSpan.FromSeconds(10), stepMs: 20);
        harness.Kinesis.ComeBack();
        await harness.DriveUntilAsync(() => harness.Ledger.Delivered == Count, stepMs: 20);

        Assert.InRange(harness.Kinesis.Records.DistinctBy(static r => r.SequenceNumber).Count(), 1, 3);
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
