using Orleans.Kpl.LocalKinesis;

namespace Orleans.Kpl.Producer.Tests.Sockets;

/// <summary>A producer that asks for more than the shard's limit, over real sockets.</summary>
public class ThrottlingTests
{
    [Fact]
    public async Task Put_WhenThrottled_TriesAgainUntilDelivered()
    {
        await using var kinesis = await StartAsync();
        await using var producer = kinesis.Producer(Greedy);
        var results = new List<RecordResult>();
        var batches = new List<EnqueuedBatch>();
        foreach (var records in LocalKinesis.Records(2_500).Chunk(250))
            batches.Add(await producer.EnqueueAsync(LocalKinesis.Stream, records));
        foreach (var batch in batches)
        {
            results.AddRange(await batch.Delivery);
            var books = producer.GetLedger(LocalKinesis.Stream);
            Assert.Equal((2_500, 2_500), (books.Accepted, books.Delivered + books.Failed + books.InFlight));
        }

        Assert.All(results, r => Assert.True(r.IsSuccess, r.ToString()));
        Assert.Contains(results, r => r.Attempts.Count > 1 && r.Attempts[0].ErrorCode == RecordErrorCodes.Throttled);
        Assert.True(kinesis.Server.Kinesis.Get(LocalKinesis.Stream).Shards[0].ThrottledRecords > 0);
        Assert.Equal(new StreamLedger(2_500, 2_500, 0, 0, 0, 0, 0), producer.GetLedger(LocalKinesis.Stream));
        Assert.Equal(2_500, kinesis.Applied().Select(r => r.Key).Distinct().Count());
        Assert.Equal(2_500, kinesis.Applied().Count);
    }

    [Fact]
    public async Task Put_WhenFailIfThrottled_FailsTheThrottledOnesAtOnce()
    {
        await using var kinesis = await StartAsync();
        await using var producer = kinesis.Producer(o =>
        {
            Greedy(o);
            o.FailIfThrottled = true;
        });
        var results = await producer.PutAsync(LocalKinesis.Stream, LocalKinesis.Records(2_500));
        var failed = results.Where(r => !r.IsSuccess).ToList();
        Assert.NotEmpty(failed);
        Assert.All(failed, r => Assert.Equal((RecordErrorCodes.Throttled, 1), (r.ErrorCode, r.Attempts.Count)));
        Assert.Equal(new StreamLedger(2_500, 2_500 - failed.Count, failed.Count, 0, 0, 0, 0), producer.GetLedger(LocalKinesis.Stream));
        Assert.Equal(2_500 - failed.Count, kinesis.Applied().Count);
    }

    [Fact]
    public async Task Put_WhenMaxAttempts_FailsWithWhatWasTried()
    {
        await using var kinesis = await StartAsync();
        await using var producer = kinesis.Producer(o =>
        {
            Greedy(o);
            (o.MaxAttempts, o.BackoffInitial, o.BackoffMax) = (2, TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(1));
        });
        var results = await producer.PutAsync(LocalKinesis.Stream, LocalKinesis.Records(4_000));
        var failed = results.Where(r => !r.IsSuccess).ToList();
        Assert.NotEmpty(failed);
        Assert.All(failed, r => Assert.Equal(2, r.Attempts.Count(a => a.ErrorCode == RecordErrorCodes.Throttled)));
        Assert.All(failed, r => Assert.StartsWith("key-", r.Record!.Value.PartitionKey, StringComparison.Ordinal));
    }

    private static Task<LocalKinesis> StartAsync() => LocalKinesis.StartAsync(
        shards: 1, o => (o.LimitModel, o.ArrivalJitter) = (LimitModel.Bucket(TimeSpan.FromMilliseconds(500)), TimeSpan.Zero));

    /// <summary>Ten times the shard's rate, unaggregated, whatever Kinesis says.</summary>
    private static void Greedy(KplOptions options) =>
        (options.RateLimit, options.AggregationEnabled, options.AdaptiveRate, options.BurstTime) = (1_000, false, false, TimeSpan.FromSeconds(1));
}
