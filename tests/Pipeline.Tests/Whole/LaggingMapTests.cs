namespace Orleans.Kpl.Pipeline.Tests.Whole;

/// <summary>ListShards shows a reshard by somebody else long after it took place, and may be called 1,000 times a second for a stream.</summary>
public sealed class LaggingMapTests(ITestOutputHelper output)
{
    private const long Second = TimeSpan.TicksPerSecond;

    [Theory]
    [InlineData(3)]
    [InlineData(20)]
    [InlineData(90)]
    public async Task ListingThatLagsForLong_IsReadAFewTimesASecondAtMost_AndNoMoreOnceItIsTrue(int lagSeconds)
    {
        await using var harness = new PipelineHarness(
            shards: 1, o => (o.AggregationMaxCount, o.CollectionMaxCount, o.RecordTtl) = (10, 10, TimeSpan.FromMinutes(5)));
        await harness.DriveAsync(await harness.EnqueueAsync(PipelineHarness.Record(-1)));
        var listed = new List<long>();
        harness.Kinesis.BeforeList = _ =>
        {
            lock (listed)
                listed.Add(harness.Time.GetTimestamp());
            return default;
        };
        var parent = harness.Kinesis.Shards;
        harness.Kinesis.Reshard(FakeKinesis.Even(2, firstId: 1));
        var cutOver = harness.Time.GetTimestamp();
        harness.Kinesis.Listed = () => harness.Time.GetTimestamp() < cutOver + (lagSeconds * Second) ? parent : null;

        var puts = new List<Task<RecordResult[]>>();
        for (var i = 0; i < (lagSeconds + 10) * 10; i++)
        {
            if (harness.Producer.OutstandingRecords < 5_000)
                puts.Add(harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(100, first: i * 100)).AsTask());
            await PipelineHarness.SettleAsync();
            harness.Time.Advance(TimeSpan.FromMilliseconds(100));
        }

        var results = (await harness.DriveAsync(Task.WhenAll(puts), 50)).SelectMany(r => r).ToList();
        Visible.Check(harness, results);
        // A search lasts for eight seconds. While one goes on, only what was in flight at the first strange answer is sent again.
        if (lagSeconds < 8)
            Assert.InRange(Visible.Duplicates(harness), 1, 200);

        var byTime = listed.GroupBy(at => (at - cutOver) / Second).ToDictionary(g => g.Key, g => g.Count());
        var most = byTime.Values.Max();
        output.WriteLine($"{listed.Count} listings, at most {most} in a second: {string.Join(' ', byTime.OrderBy(s => s.Key).Select(s => $"{s.Key}:{s.Value}"))}");
        Assert.InRange(most, 1, 12);
        Assert.InRange(listed.Count, 1, 20 + (3 * lagSeconds));
        Assert.True(listed[^1] < cutOver + ((lagSeconds + 5) * Second));

        // Nothing reads on: the next reading is that of the minute.
        var count = listed.Count;
        await harness.JumpAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(count, listed.Count);
    }

    /// <summary>The map was read after the call began and before the shards switched: it cannot explain where the records went.</summary>
    [Theory]
    [InlineData(OrderedMode.Off)]
    [InlineData(OrderedMode.PutRecords)]
    [InlineData(OrderedMode.PutRecord)]
    public async Task MapReadWhileTheCallWasUnderWay_ThenAMerge_SendsNothingTwice(OrderedMode mode)
    {
        await using var harness = new PipelineHarness(shards: 2, o => o.Ordered = mode);
        await harness.DriveAsync(await harness.EnqueueAsync(PipelineHarness.Record(-1)));
        var release = harness.Kinesis.HoldPuts();
        var put = harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(50), PutOptions.WithoutLinger).AsTask();
        await harness.JumpAsync(TimeSpan.FromMilliseconds(10));
        var calls = harness.Kinesis.Calls.Count;
        var listings = harness.Kinesis.Listings;

        harness.Time.Advance(TimeSpan.FromMilliseconds(10));
        harness.Producer.Find(PipelineHarness.Stream)!.RefreshMap();
        await PipelineHarness.SettleAsync();
        Assert.Equal(listings + 1, harness.Kinesis.Listings);
        harness.Kinesis.Reshard(FakeKinesis.Even(1, firstId: 2));
        release.SetResult();
        var results = await harness.DriveAsync(put);

        Assert.True(calls > 1);
        Visible.Check(harness, results);
        Assert.All(results, r => Assert.Single(r.Attempts));
        Assert.Equal(0, Visible.Duplicates(harness));
    }

    /// <summary>A reshard that was announced and is withdrawn does not come: the shard sends again, long before the time-to-live of its records.</summary>
    [Theory]
    [InlineData(OrderedMode.Off)]
    [InlineData(OrderedMode.PutRecords)]
    public async Task AnswerThatNoMapExplains_OnceTheAnnouncementIsWithdrawn_HoldsItsShardForSecondsOnly(OrderedMode mode)
    {
        await using var harness = new PipelineHarness(shards: 1, o => (o.Ordered, o.RecordTtl) = (mode, TimeSpan.FromMinutes(10)));
        await harness.DriveAsync(await harness.EnqueueAsync(PipelineHarness.Record(-1)));
        var (parent, next) = (harness.Kinesis.Shards, FakeKinesis.Even(2, firstId: 1));
        await harness.DriveAsync(harness.Producer.AnnounceBoundaries(PipelineHarness.Stream, [next[1].StartingHashKey]), 1);
        harness.Kinesis.Listed = () => parent;
        harness.Kinesis.Reshard(next);
        var put = harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(50), PutOptions.WithoutLinger).AsTask();
        await harness.PassAsync(TimeSpan.FromSeconds(20), stepMs: 1_000);

        Assert.False(put.IsCompleted);
        harness.Producer.WithdrawBoundaries(PipelineHarness.Stream, [next[1].StartingHashKey]);
        var withdrawn = harness.Time.GetTimestamp();
        var results = await harness.DriveAsync(put, 50);

        Visible.Check(harness, results);
        Assert.InRange((harness.Time.GetTimestamp() - withdrawn) / (double)Second, 0, 40);
    }
}
