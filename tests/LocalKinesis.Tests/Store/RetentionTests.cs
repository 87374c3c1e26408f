using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Kpl.LocalKinesis.Store;

namespace Orleans.Kpl.LocalKinesis.Tests.Store;

public class RetentionTests
{
    private const string High = "340282366920938463463374607431768211455";

    [Fact]
    public async Task Put_WhenRetentionIsFull_KeepsTheNewestAndMovesTheTrimHorizon()
    {
        await using var endpoint = await TestEndpoint.StartAsync(options =>
        {
            options.RetentionBytes = 1 << 20;
            options.LimitModel = LimitModel.None;
        }, shards: 2);
        for (var call = 0; call < 40; call++)
        {
            endpoint.Clock.Advance(TimeSpan.FromMilliseconds(10));
            await endpoint.CallAsync("PutRecords", new
            {
                StreamName = "events",
                Records = Enumerable.Range(0, 10).Select(i => TestEndpoint.Record("k", 20_000, i == 0 ? High : "0")),
            });
        }
        var shards = endpoint.Kinesis.Get("events").Shards;
        Assert.Equal([360, 40], shards.Select(shard => shard.AppliedRecords));
        Assert.All(shards, shard => Assert.InRange(shard.RetainedRecords, 1, shard.AppliedRecords - 1));
        Assert.True(shards.Sum(shard => shard.RetainedRecords) * 20_000 <= 1 << 20);
        var applied = endpoint.Kinesis.GetApplied("events", shards[0].ShardId).ToList();
        Assert.Equal(shards[0].RetainedRecords, applied.Count);

        var answer = await endpoint.CallAsync("GetRecords", new { ShardIterator = await endpoint.IteratorAsync("events", shards[0].ShardId) });
        Assert.Equal(applied[0].SequenceNumber, (string)answer["Records"]![0]!["SequenceNumber"]!);
    }

    /// <summary>The buffers of shards that were busy were kept for ever, beside what others filled: twice the limit.</summary>
    [Fact]
    public void Trim_WhenBusyShardsFallSilent_GivesTheirBuffersBack()
    {
        const int limit = 32 << 20;
        LocalKinesisOptions options = new() { LimitModel = LimitModel.None };
        var retention = new Retention(limit, true, NullLogger.Instance);
        var store = new StreamStore(new(options, new(new FakeTimeProvider()), retention));
        Fill(store.Create("busy", 1, StreamMode.Provisioned, TimeSpan.Zero), limit);
        Fill(store.Create("quiet", 100, StreamMode.Provisioned, TimeSpan.Zero), limit / 100);

        Assert.InRange(retention.HeldBytes, limit / 2, limit);
        Assert.InRange(retention.Spare, 1, 8);

        void Fill(KinesisStream stream, int bytes)
        {
            foreach (var shard in stream.Shards)
            {
                for (var written = 0; written < bytes; written += 50_000)
                {
                    var entry = new PutEntry("k"u8.ToArray(), new byte[50_000], 0, RecordMarks.None);
                    Assert.Equal(PutVerdict.Applied, shard.TryApply(entry, store.NowTicks, store.NowTicks, out _));
                    retention.Trim();
                }
            }
        }
    }

    [Fact]
    public async Task GetRecords_WhenUnreadDataWasEvicted_GoesOnAtTheOldestThatIsLeft()
    {
        await using var endpoint = await TestEndpoint.StartAsync(options =>
        {
            options.RetentionBytes = 1 << 20;
            options.LimitModel = LimitModel.None;
        }, shards: 1);
        var iterator = await endpoint.IteratorAsync("events", "shardId-000000000000");
        for (var call = 0; call < 4; call++)
            await endpoint.CallAsync("PutRecords", new { StreamName = "events", Records = Enumerable.Repeat(TestEndpoint.Record("k", 50_000), 10) });
        endpoint.Clock.Advance(TimeSpan.FromSeconds(3));
        var answer = await endpoint.CallAsync("GetRecords", new { ShardIterator = iterator, Limit = 1 });
        Assert.Equal(endpoint.Kinesis.GetApplied("events").First().SequenceNumber, (string)answer["Records"]![0]!["SequenceNumber"]!);
        Assert.Equal(3_000, (long)answer["MillisBehindLatest"]!);
    }

    [Fact]
    public async Task Account_WhenItOnlyCounts_KeepsNoRecord()
    {
        await using var endpoint = await TestEndpoint.StartAsync(options => options.Account = AccountMode.Counts, shards: 1);
        await endpoint.PutAsync("events", "0", "1");
        Assert.Empty(endpoint.Kinesis.GetApplied("events"));
        var shard = endpoint.Kinesis.Get("events").Shards[0];
        Assert.Equal((2L, 22L, 0L), (shard.AppliedRecords, shard.AppliedBytes, shard.RetainedRecords));
    }
}
