using Orleans.Kpl.Lanes.Accepting;

namespace Orleans.Kpl.Lanes.Tests.Accepting;

/// <remarks>Tests <see cref="ClientHorizonAdmission"/>, in the stream.</remarks>
public sealed class ClientHorizonAdmissionTests
{
    private const string Stream = Numbered.Stream;

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);
    private static readonly (UInt128 First, UInt128 Last) Full = (0, UInt128.MaxValue / 2);

    private readonly FakeTimeProvider _time = new();
    private bool _isFull = true;

    /// <summary>It was accepted, and waited in the client's memory, where all that waits long enough expires.</summary>
    [Fact]
    public async Task Put_ForAShardThatASiloFoundFull_WaitsToBeAccepted_AndOthersDoNot()
    {
        using var cluster = NewCluster();
        await using var producer = cluster.NewProducer();
        var first = await BringBackAsync(cluster, producer);

        var one = producer.EnqueueAsync(Stream, Record("f1", 1)).AsTask();
        var mixed = producer.EnqueueAsync(Stream, new[] { Record("f2", 2), Record("o1", UInt128.MaxValue), Record("f3", 3) }).AsTask();
        var persisted = producer.EnqueueAsync(Stream, Record("f4", 4), new PutOptions { AckLevel = AckLevel.Persisted });
        await producer.PutAsync(Stream, Record("o2", UInt128.MaxValue)).AsTask().WaitAsync(Numbered.Long);
        await PassUntilAsync(() => cluster.Silos[0].Keys.Count == 2);
        Assert.True(persisted.IsCompletedSuccessfully);
        Assert.False(one.IsCompleted || mixed.IsCompleted);
        _isFull = false;
        await PassUntilAsync(() => one.IsCompleted && mixed.IsCompleted);

        Assert.All(await (await mixed).Delivery.WaitAsync(Numbered.Long), static r => Assert.Equal(RecordStatus.Delivered, r.Status));
        Assert.True((await (await one).Delivery.WaitAsync(Numbered.Long)).IsSuccess);
        Assert.True((await (await persisted).Delivery.WaitAsync(Numbered.Long)).IsSuccess);
        Assert.True((await first.WaitAsync(Numbered.Long)).IsSuccess);
        Assert.Equal(["f0", "f1", "f2", "f3", "f4", "o1", "o2"], cluster.Silos[0].Keys.Order());
    }

    [Fact]
    public async Task Put_ForAFullShard_IsDropped_WhereHighWaterModeSaysSo_AndOthersOfItsBatchAreNot()
    {
        using var cluster = NewCluster();
        await using var producer = cluster.NewProducer(static o => o.HighWaterMode = HighWaterMode.Drop);
        var first = await BringBackAsync(cluster, producer);

        var one = await producer.PutAsync(Stream, Record("f1", 1)).AsTask().WaitAsync(Numbered.Long);
        var mixed = await producer.PutAsync(Stream, new[] { Record("f2", 2), Record("o1", UInt128.MaxValue) }).AsTask().WaitAsync(Numbered.Long);
        _isFull = false;
        await PassUntilAsync(() => first.IsCompleted);

        Assert.Equal(RecordErrorCodes.Dropped, one.ErrorCode);
        Assert.Equal([RecordErrorCodes.Dropped, null], mixed.Select(static r => r.ErrorCode));
    }

    /// <summary>A message of an ordered stream is refused whole, and all that follows waits behind it.</summary>
    [Fact]
    public async Task Put_IntoAnOrderedStreamWhoseMessageIsRefused_WaitsToBeAccepted()
    {
        using var cluster = NewCluster();
        await using var producer = cluster.NewProducer(static o => o.Ordered = OrderedMode.PutRecords);
        var first = await BringBackAsync(cluster, producer);

        var other = producer.EnqueueAsync(Stream, Record("o1", UInt128.MaxValue)).AsTask();
        await PassUntilAsync(() => cluster.BatchesBegun > 4);
        Assert.False(other.IsCompleted);
        _isFull = false;
        await PassUntilAsync(() => other.IsCompleted);

        Assert.True((await (await other).Delivery.WaitAsync(Numbered.Long)).IsSuccess);
        Assert.Equal(["f0", "o1"], cluster.Silos[0].Keys);
        Assert.True((await first).IsSuccess);
    }

    /// <summary>Records that ended here must not keep their shard closed.</summary>
    [Fact]
    public async Task Put_WaitsNoLonger_WhenTheRecordsThatCameBackHaveExpired()
    {
        using var cluster = NewCluster();
        await using var producer = cluster.NewProducer(static o => o.RecordTtl = TimeSpan.FromSeconds(5));
        var first = await BringBackAsync(cluster, producer);

        // Where a thread is late to tell that the first one came back, this one is let in meanwhile, and must not expire with it.
        var next = producer.EnqueueAsync(Stream, Record("f1", 1), new PutOptions { TimeToLive = Numbered.Long }).AsTask();
        await PassUntilAsync(() => first.IsCompleted && next.IsCompleted);
        Assert.Equal(RecordErrorCodes.Expired, (await first).ErrorCode);
        _isFull = false;
        await PassUntilAsync(() => next.Result.Delivery.IsCompleted);

        Assert.True((await (await next).Delivery).IsSuccess);
    }

    /// <summary>What memory had no room for counted as what waits for a silo: nothing made room for it, and all later records were dropped for good.</summary>
    [Fact]
    public async Task AtTheStart_RecordsThatMemoryHasNoRoomFor_TakeNoRoom()
    {
        using var cluster = new FakeCluster(1) { Time = _time };
        cluster.Silos[0].EndsAtOnce = false;
        await using var producer = cluster.NewProducer(static o =>
            (o.HighWaterMode, o.MaxOutstandingBytes, o.RecordTtl) = (HighWaterMode.Drop, 1 << 20, TimeSpan.FromSeconds(20)));
        var taken = producer.PutAsync(Stream, Large(10)).AsTask();
        await PassUntilAsync(() => cluster.Silos[0].Keys.Count == 10);
        foreach (var dropped in Enumerable.Range(0, 50).Select(_ => producer.PutAsync(Stream, Large(10)).AsTask()))
            Assert.All(await dropped.WaitAsync(Numbered.Long), static r => Assert.Equal(RecordErrorCodes.Dropped, r.ErrorCode));
        cluster.Silos[0].EndsAtOnce = true;
        await producer.FlushAsync(Stream).WaitAsync(Numbered.Long);
        Assert.All(await taken, static r => Assert.True(r.IsSuccess));

        Assert.True((await producer.PutAsync(Stream, Record("o", UInt128.MaxValue)).AsTask().WaitAsync(Numbered.Long)).IsSuccess);
    }

    private FakeCluster NewCluster()
    {
        var cluster = new FakeCluster(1) { Time = _time };
        (cluster.Silos[0].IsFull, cluster.Silos[0].FullShard) = (key => _isFull && key[0] == 'f', Full);
        return cluster;
    }

    /// <summary>Puts a record for the full shard, and returns its outcome when the client has heard that the shard is full.</summary>
    private async Task<Task<RecordResult>> BringBackAsync(FakeCluster cluster, IKplProducer producer)
    {
        var first = producer.PutAsync(Stream, Record("f0", 0)).AsTask();
        // The second message is the first one's record again.
        await PassUntilAsync(() => cluster.BatchesBegun > 1);
        return first;
    }

    private Task PassUntilAsync(Func<bool> isSo) => _time.PassUntilAsync(isSo, Step).WaitAsync(Numbered.Long);

    private static UserRecord[] Large(int count) => [.. Enumerable.Range(0, count).Select(static i => new UserRecord($"o{i}", new byte[100_000]))];

    private static UserRecord Record(string name, UInt128 hashKey) => new(name, new byte[10], hashKey);
}
