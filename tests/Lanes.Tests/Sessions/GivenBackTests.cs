using Orleans.Kpl.Lanes.Messages;

namespace Orleans.Kpl.Lanes.Tests.Sessions;

/// <summary>Records of full shards come back one by one, wait aside, and go again.</summary>
/// <remarks>Tests <see cref="ClientStream"/>, <see cref="OutgoingMessage"/> and <see cref="Aiming.AimedQueues"/>.</remarks>
public sealed class GivenBackTests
{
    private const string Stream = Numbered.Stream;

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);

    [Fact]
    public async Task RecordsOfAFullShard_HoldUpNoOther_AndAreDeliveredOnce_WhenTheShardHasRoom()
    {
        var (isFull, time) = (true, new FakeTimeProvider());
        using var cluster = new FakeCluster(1) { Time = time };
        cluster.Silos[0].IsFull = key => isFull && int.Parse(key[(key.LastIndexOf('-') + 1)..], null) % 2 == 0;
        await using var producer = cluster.NewProducer();
        var puts = Numbered.Records(2_000).Select(r => producer.PutAsync(Stream, r).AsTask()).ToList();
        await PassUntilAsync(() => puts.Count(static p => p.IsCompleted) == 1_000);
        var (since, batches) = (time.GetTimestamp(), cluster.BatchesBegun);
        await PassUntilAsync(() => time.GetElapsedTime(since) > TimeSpan.FromSeconds(10));
        // One at a time, and where one comes back again, all wait.
        Assert.InRange(cluster.BatchesBegun - batches, 2, 40);
        Assert.Equal(1_000, cluster.Silos[0].Keys.Count);
        Assert.All(puts.Where((_, i) => i % 2 == 0), static p => Assert.False(p.IsCompleted));
        isFull = false;
        await PassUntilAsync(() => puts.TrueForAll(static p => p.IsCompleted));

        Assert.All(await Task.WhenAll(puts), static r => Assert.Equal(RecordStatus.Delivered, r.Status));
        Assert.Equal(2_000, cluster.Silos[0].Keys.Distinct().Count());
        Assert.Equal(2_000, cluster.Silos[0].Keys.Count);
        Assert.Equal(new StreamLedger(2_000, 2_000, 0, 0, 0, 0, 0), producer.GetLedger(Stream));

        Task PassUntilAsync(Func<bool> isSo) => time.PassUntilAsync(isSo, Step).WaitAsync(Numbered.Long);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task RecordsThatWaitAside_EndWithTheirTimeToLive_OrTheProducer(bool isDisposed)
    {
        var time = new FakeTimeProvider();
        using var cluster = new FakeCluster(1) { Time = time };
        cluster.Silos[0].IsFull = static _ => true;
        var producer = cluster.NewProducer(static o => (o.RecordTtl, o.DrainTimeout) = (TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(1)));
        var put = producer.PutAsync(Stream, Numbered.Records(100)).AsTask();
        await time.PassUntilAsync(() => cluster.BatchesBegun > 2, Step).WaitAsync(Numbered.Long);
        var disposing = isDisposed ? producer.DisposeAsync().AsTask() : put;
        await time.PassUntilAsync(() => disposing.IsCompleted && put.IsCompleted, Step).WaitAsync(Numbered.Long);

        Assert.All(await put, r => Assert.Equal(isDisposed ? RecordErrorCodes.Shutdown : RecordErrorCodes.Expired, r.ErrorCode));
        Assert.Empty(cluster.Silos[0].Keys);
        if (!isDisposed)
            await producer.DisposeAsync();
    }

    /// <summary>One that came back would follow records that were put later.</summary>
    [Fact]
    public async Task AnOrderedStream_TakesNoRecordsBack()
    {
        var time = new FakeTimeProvider();
        using var cluster = new FakeCluster(1) { Time = time };
        var isFull = true;
        cluster.Silos[0].IsFull = key => isFull && key.EndsWith("-0", StringComparison.Ordinal);
        await using var producer = cluster.NewProducer(static o => o.Ordered = OrderedMode.PutRecords);
        var put = producer.PutAsync(Stream, Numbered.Records(10)).AsTask();
        await time.PassUntilAsync(() => cluster.BatchesBegun > 1, Step).WaitAsync(Numbered.Long);
        Assert.Empty(cluster.Silos[0].Keys);
        isFull = false;
        await time.PassUntilAsync(() => put.IsCompleted, Step).WaitAsync(Numbered.Long);

        Assert.Equal(Numbered.Records(10).Select(static r => r.PartitionKey), cluster.Silos[0].Keys);
    }
}
