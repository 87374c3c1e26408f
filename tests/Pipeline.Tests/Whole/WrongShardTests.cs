namespace Orleans.Kpl.Pipeline.Tests.Whole;

/// <summary>A service that goes on routing by shards which its listing does not show any more: a merge that is listed long before it takes place.</summary>
public sealed class WrongShardTests(ITestOutputHelper output)
{
    private const int Count = 600;

    [Theory]
    [InlineData(OrderedMode.Off)]
    [InlineData(OrderedMode.PutRecords)]
    [InlineData(OrderedMode.PutRecord)]
    public async Task ServiceThatKeepsAnsweringWithAWrongShard_MakesTwoDuplicatesOfARecordAtMost(OrderedMode mode)
    {
        await using var harness = await StartAsync(mode);

        var results = await harness.DriveAsync(harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(Count)).AsTask());

        Visible.Check(harness, results);
        Assert.All(harness.Kinesis.Records.GroupBy(r => r.Key), g => Assert.InRange(g.Count(), 1, 3));
        Assert.All(harness.Kinesis.Records.Where(r => r.VisibleToKcl).GroupBy(r => r.Key), g => Assert.Single(g));
        if (mode == OrderedMode.Off)
            return;
        // In each shard that took them, in the order in which they were put.
        var visible = harness.Kinesis.Records.Where(r => r.VisibleToKcl && r.Key != "key--1").GroupBy(r => r.ShardId);
        Assert.All(visible, shard => Assert.Equal(shard.Select(Number).Order(), shard.Select(Number)));
    }

    [Fact]
    public async Task ServiceThatKeepsAnsweringWithAWrongShard_IsAskedForItsMapAFewTimesASecond()
    {
        await using var harness = await StartAsync(OrderedMode.Off);
        var (listings, since) = (harness.Kinesis.Listings, harness.Time.GetTimestamp());
        var puts = new List<Task<RecordResult[]>>();
        for (var i = 0; i < 300; i++)
        {
            puts.Add(harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(20), PutOptions.WithoutLinger).AsTask());
            await PipelineHarness.SettleAsync();
            harness.Time.Advance(TimeSpan.FromMilliseconds(20));
        }

        await harness.DriveAsync(Task.WhenAll(puts));
        var seconds = (harness.Time.GetTimestamp() - since) / (double)TimeSpan.TicksPerSecond;
        output.WriteLine($"{harness.Kinesis.Listings - listings} listings in {seconds:0.0} s");
        Assert.InRange(harness.Kinesis.Listings - listings, 1, 10 + (5 * seconds));
    }

    /// <summary>Only what was sent again was told, and what went alone: not what the map, once it was read, showed to be delivered.</summary>
    [Fact]
    public async Task AggregateThatAChildTook_IsToldAsTakenByAnotherShard()
    {
        await using var harness = new PipelineHarness(shards: 1);
        await harness.DriveAsync(await harness.EnqueueAsync(PipelineHarness.Record(0)));
        harness.Kinesis.Reshard(FakeKinesis.Even(2, firstId: 1));
        UserRecord[] records = [.. Enumerable.Range(0, 3).Select(static i => new UserRecord($"key-{i}", new byte[1], UInt128.Zero))];

        var results = await harness.DriveAsync(harness.Producer.PutAsync(PipelineHarness.Stream, records).AsTask());

        Assert.All(results, static r => Assert.Equal((true, 1), (r.IsSuccess, r.Attempts.Count)));
        Assert.Contains("wrong shard 3 False", harness.Events.Said);
    }

    [Fact]
    public async Task RecordsThatGoAlone_BackOff()
    {
        await using var harness = await StartAsync(OrderedMode.Off);

        var results = await harness.DriveAsync(harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(50)).AsTask(), 1);

        var alone = results.Where(r => r.Attempts.Count == 3).ToList();
        Assert.NotEmpty(alone);
        Assert.All(alone, r => Assert.InRange((r.Attempts[2].StartedAt - r.Attempts[1].EndedAt).TotalMilliseconds, 25, 200));
    }

    private static int Number(FakeKinesis.Applied record) => int.Parse(record.Key["key-".Length..], System.Globalization.CultureInfo.InvariantCulture);

    private static async Task<PipelineHarness> StartAsync(OrderedMode mode)
    {
        var harness = new PipelineHarness(shards: 2, o => (o.Ordered, o.RecordTtl) = (mode, TimeSpan.FromMinutes(2)));
        await harness.DriveAsync(await harness.EnqueueAsync(PipelineHarness.Record(-1)));
        var merged = FakeKinesis.Even(1, firstId: 2);
        harness.Kinesis.Listed = () => merged;
        harness.Producer.Find(PipelineHarness.Stream)!.RefreshMap();
        await PipelineHarness.SettleAsync();
        return harness;
    }
}
