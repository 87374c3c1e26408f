using Orleans.Kpl.Metrics.Collecting;
using Orleans.Kpl.Pipeline.Telemetry;

namespace Orleans.Kpl.Metrics.Tests.Collecting;

/// <summary>A shard whose values made room for others is counted anew by whoever still knows it; no collector misses an event of its time.</summary>
public sealed class ShardCountsTests
{
    /// <summary>Whoever keeps a shard as the metrics know it keeps its place with it, which may have been given up meanwhile.</summary>
    [Fact]
    public async Task Shard_ThatMadeRoomForOthers_IsCountedAnew_ByWhoKeptIt()
    {
        await using var some = new TestInstruments(static m => m.Granularity = MetricsGranularity.Shard);
        var kept = some.Instruments.Of("s", "kept");
        some.Instruments.Put(kept, 3, 0);
        some.Read("UserRecordsPut");
        some.Time.Advance(TimeSpan.FromSeconds(1));
        for (var i = 0; i < CollectedMetric.MaxSeries; i++)
            some.Instruments.Put("s", $"other-{i}", 1, 0);
        var others = some.Read("UserRecordsPut");
        Assert.DoesNotContain(others, static t => t.Contains("kept", StringComparison.Ordinal));

        some.Time.Advance(TimeSpan.FromSeconds(1));
        some.Instruments.Put(kept, 4, 0);
        Assert.Contains("UserRecordsPut{StreamName=s,ShardId=kept} sum 4 count 4 minimum 1 maximum 1", some.Read("UserRecordsPut"));
    }

    /// <summary>
    /// Where shards were too many, one that came at the wrong moment threw: nothing was uploaded any more, and the end of the collector threw too.
    /// </summary>
    [Fact]
    public async Task Shards_ThatComeWhileOthersMakeRoom_EndNothing()
    {
        var shards = new ShardTable();
        for (var i = 0; i <= CollectedMetric.MaxSeries; i++)
            shards.Of("s", $"{i}");
        using var stop = new CancellationTokenSource();
        var coming = Task.Run(() =>
        {
            for (var i = 0; !stop.IsCancellationRequested; i++)
                shards.Of("more", $"{i % 5_000}");
        });

        for (var now = 1; now <= 100; now++)
            shards.Settle(now);
        await stop.CancelAsync();
        await coming.WaitAsync(Waiting.Long);
    }

    [Fact]
    public async Task Shard_ThatIsKept_IsCountedByEachCollectorOfItsTime()
    {
        await using var some = new TestInstruments();
        var kept = some.Instruments.Of("s", "a");
        some.Instruments.Put(kept, 1, 0);
        await using (var second = Start())
        {
            some.Instruments.Put(kept, 2, 0);
            Assert.Equal(2, second.InMemory.ByName("UserRecordsPut")[0].Sum);
        }

        await using var third = Start();
        some.Instruments.Put(kept, 4, 0);
        Assert.Equal(4, third.InMemory.ByName("UserRecordsPut")[0].Sum);
        Assert.Equal(7, some.Collector.InMemory.ByName("UserRecordsPut")[0].Sum);

        MetricsCollector Start() => MetricsCollector.Start(new KplOptions(), time: some.Time, meters: some);
    }

    [Fact]
    public async Task Event_OfEverything_IsInTheSeriesOfEachMetric()
    {
        await using var some = new TestInstruments();
        var shard = some.Instruments.Of("s", "a");
        some.Instruments.KinesisRecordSentAndPut(shard, 6, 700);
        some.Instruments.KinesisRecordSent(shard, 8);
        some.Instruments.KinesisRecordPut(shard, 900);
        some.Instruments.Put(shard, 6, 500, (50, 120));
        some.Instruments.Retried(shard, 1, 6);
        some.Instruments.Buffered(shard, [new WeightedValue(30, 2), new WeightedValue(3, 4)]);

        string[] expected =
        [
            "UserRecordsPut sum 6 count 6 minimum 1 maximum 1", "UserRecordsDataPut sum 500 count 6 minimum 50 maximum 120",
            "KinesisRecordsPut sum 2 count 2 minimum 1 maximum 1", "KinesisRecordsDataPut sum 1600 count 2 minimum 700 maximum 900",
            "UserRecordsPerKinesisRecord sum 14 count 2 minimum 6 maximum 8", "RetriesPerRecord sum 6 count 6 minimum 1 maximum 1",
            "BufferingTime sum 72 count 6 minimum 3 maximum 30",
        ];
        Assert.Equal(expected, ShardListeners.Metrics.Select(m => some.Collector.InMemory.ByName(m.Name)[^1]).Select(static m =>
            FormattableString.Invariant($"{m.Name} sum {m.Sum} count {m.Count} minimum {m.Minimum:0.##} maximum {m.Maximum:0.##}")));
        var buckets = some.Collector.Read(static (metrics, _) => metrics.Single(static m => m.Name == "BufferingTime").All.Single().Total.Buckets!);
        Assert.Equal([4, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], buckets);
    }

    [Theory]
    [InlineData("s")]
    [InlineData("ms")]
    [InlineData("By")]
    [InlineData("{record}")]
    public void Bounds_OfEachUnit_HaveAsManyBucketsAsThereArePlaces(string unit) =>
        Assert.Equal(BucketBounds.Buckets, BucketBounds.For(unit).Length + 1);
}
