namespace Orleans.Kpl.Abstractions.Tests.Producing;

public class BlockingKplProducerTests
{
    private static readonly UserRecord Record = new("key", new byte[3]);
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(20);

    /// <summary>Long enough never to pass unless something is stuck.</summary>
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(60);

    [Fact]
    public void Put_WhenDelivered_ReturnsTheResult()
    {
        using var blocking = Wrap(new FakeProducer(deliversAtOnce: true));
        Assert.Equal("shardId-000000000000", blocking.Put("events", Record, Long).ShardId);
        Assert.True(blocking.Put("events", Record).IsSuccess);
        Assert.True(blocking.Put("events", Record, TimeSpan.MaxValue).IsSuccess);
    }

    [Fact]
    public void Enqueue_WhenThereIsNoRoomInTime_ThrowsAndDidNotAccept()
    {
        var producer = new FakeProducer(hasRoom: false);
        using var blocking = Wrap(producer);
        foreach (var timeout in new[] { TimeSpan.Zero, Moment })
        {
            Assert.False(Assert.Throws<RecordTimeoutException>(() => blocking.Enqueue("events", Record, timeout)).IsAccepted);
            Assert.False(Assert.Throws<RecordTimeoutException>(() => blocking.Enqueue("events", new[] { Record }, timeout)).IsAccepted);
        }

        producer.MakeRoom();
        Assert.Equal(0, producer.Accepted);
        blocking.Enqueue("events", Record, Long);
        Assert.Equal(1, producer.Accepted);
        Assert.Equal(3, blocking.Enqueue("events", new[] { Record, Record, Record }, Long).Count);
    }

    [Fact]
    public void Wait_WhenTheRecordHasNotEndedInTime_ThrowsAndTheRecordGoesOn()
    {
        var producer = new FakeProducer();
        using var blocking = Wrap(producer);
        var record = blocking.Enqueue("events", Record);
        Assert.True(Assert.Throws<RecordTimeoutException>(() => record.Wait(Moment)).IsAccepted);
        Assert.False(record.TryWait(TimeSpan.Zero, out _));
        Assert.False(record.HasEnded);
        var tooLate = Assert.Throws<RecordTimeoutException>(() => blocking.Put("events", Record, Moment));
        Assert.Equal((true, "the record had not ended after 20ms; it goes on"), (tooLate.IsAccepted, tooLate.Message));
        Assert.Equal(2, producer.OutstandingRecords);

        producer.EndAll();
        Assert.True(record.Wait().IsSuccess);
        Assert.True(record.TryWait(TimeSpan.Zero, out var result));
        Assert.Equal("1", result.SequenceNumber);
        Assert.True(record.HasEnded);
    }

    [Fact]
    public async Task Abandon_WhenSomeoneWaits_EndsTheWaitAndNotTheRecord()
    {
        var producer = new FakeProducer();
        using var blocking = Wrap(producer);
        var record = blocking.Enqueue("events", Record);
        var waiter = Task.Run(() => record.Wait(Long));
        Assert.False(record.TryWait(Moment, out _));
        record.Abandon();
        record.Abandon();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiter);
        Assert.Throws<OperationCanceledException>(() => record.Wait(TimeSpan.Zero));
        Assert.False(record.HasEnded);
        Assert.Equal(1, producer.OutstandingRecords);
    }

    [Fact]
    public void Flush_WhenTheTimePasses_IsFalseAndLeavesTheProducerUsable()
    {
        var producer = new FakeProducer();
        using var blocking = Wrap(producer);
        var record = blocking.Enqueue("events", Record);
        Assert.False(blocking.Flush(Moment));
        SpinWait.SpinUntil(() => producer.FlushWasCancelled, Long);
        Assert.True(producer.FlushWasCancelled);
        producer.EndAll();
        Assert.True(blocking.Flush(Long, "events"));
        Assert.True(record.HasEnded);
    }

    [Fact]
    public void Dispose_WhenTheTimePasses_IsFalseAndDrainsBehind()
    {
        var producer = new FakeProducer();
        var blocking = new BlockingKplProducer(producer);
        Assert.False(blocking.Dispose(Moment));
        producer.EndDisposal();
        Assert.True(blocking.Dispose(Long));
        blocking.Dispose();
        Assert.Equal(1, producer.Disposals);
        Assert.Throws<ObjectDisposedException>(() => blocking.Enqueue("events", Record));
    }

    [Fact]
    public void Enqueue_WhenTheRecordIsInvalid_ThrowsAsItIs()
    {
        using var blocking = Wrap(new FakeProducer());
        var error = Assert.Throws<RecordValidationException>(() => blocking.Enqueue("events", new UserRecord("", default), Long));
        Assert.Equal(RecordErrorCodes.InvalidPartitionKey, error.Code);
    }

    [Fact]
    public void AnyCall_WhenTheTimeoutIsNegative_RefusesItBeforeAnythingHappens()
    {
        var producer = new FakeProducer(deliversAtOnce: true);
        using var blocking = Wrap(producer);
        var negative = TimeSpan.FromSeconds(-2);
        Assert.Throws<ArgumentOutOfRangeException>(() => blocking.Enqueue("events", Record, negative));
        Assert.Throws<ArgumentOutOfRangeException>(() => blocking.Put("events", Record, negative));
        Assert.Throws<ArgumentOutOfRangeException>(() => blocking.Flush(negative));
        Assert.Throws<ArgumentOutOfRangeException>(() => blocking.Dispose(negative));
        Assert.Equal((0, 0), (producer.Accepted, producer.Disposals));
        var record = blocking.Enqueue("events", Record, Timeout.InfiniteTimeSpan);
        Assert.Throws<ArgumentOutOfRangeException>(() => record.Wait(negative));
    }

    [Fact]
    public async Task AnyCall_WhenUnderASingleThreadedContext_DoesNotWaitForItself()
    {
        using var context = new SingleThreadContext();
        using var blocking = Wrap(new FakeProducer(deliversAtOnce: true));
        var result = await context.Run(() =>
        {
            var put = blocking.Put("events", Record, Long);
            Assert.True(blocking.Flush(Long));
            Assert.Same(context, SynchronizationContext.Current);
            return put;
        }).WaitAsync(Long);
        Assert.True(result.IsSuccess);
    }

    [Fact]
    public async Task AnyCall_WhenOnASchedulerOfOneThread_DoesNotWaitForItself()
    {
        var exclusive = new ConcurrentExclusiveSchedulerPair().ExclusiveScheduler;
        using var blocking = Wrap(new FakeProducer(deliversAtOnce: true));
        var result = await Task.Factory.StartNew(() => blocking.Put("events", Record, Long), CancellationToken.None, TaskCreationOptions.None, exclusive)
            .WaitAsync(Long);
        Assert.True(result.IsSuccess);
    }

    [Fact]
    public async Task AnyCall_WhenFromManyThreadsOfThePool_ServesAll()
    {
        // The pool starts about four threads a second for those that block.
        const int threads = 12, each = 200;
        var producer = new FakeProducer(deliversAtOnce: true);
        using var blocking = Wrap(producer);
        var puts = Enumerable.Range(0, threads)
            .Select(_ => Task.Run(() => Enumerable.Range(0, each).Count(_ => blocking.Put("events", Record, Long).IsSuccess)));
        Assert.Equal(threads * each, (await Task.WhenAll(puts)).Sum());
        Assert.Equal(threads * each, producer.Accepted);
    }

    [Fact]
    public async Task Wait_WhenManyThreadsWaitForOneRecord_AllGetItsEnd()
    {
        var producer = new FakeProducer();
        using var blocking = Wrap(producer);
        var record = blocking.Enqueue("events", Record);
        using var started = new CountdownEvent(8);
        var waiters = Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            started.Signal();
            return record.Wait(Long);
        })).ToArray();
        Assert.True(started.Wait(Long));
        producer.EndAll();
        Assert.All(await Task.WhenAll(waiters), r => Assert.True(r.IsSuccess));
    }

    private static BlockingKplProducer Wrap(FakeProducer producer)
    {
        producer.EndDisposal();
        return new(producer);
    }
}
