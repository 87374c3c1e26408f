namespace Orleans.Kpl.Lanes.Tests.Producing;

/// <summary>A client whose memory is full has silos send what lingers there.</summary>
/// <remarks>Tests <see cref="Pipeline.Flushing.ReliefElsewhere"/>.</remarks>
public sealed class ReliefTests
{
    /// <summary>Whoever began to wait within a second of the flush before waited for as long as the silo lets records linger.</summary>
    [Fact]
    public async Task CallersWhoWaitForMemory_HaveTheSiloFlushed_AgainAfterASecond()
    {
        var time = new FakeTimeProvider();
        using var cluster = new FakeCluster(1) { Time = time };
        cluster.Silos[0].EndsAtOnce = false;
        var producer = cluster.NewProducer(static o => (o.MaxOutstandingRecords, o.RecordTtl) = (1, TimeSpan.FromMinutes(10)));
        var puts = Enumerable.Range(0, 4).Select(i => producer.EnqueueAsync(Numbered.Stream, Numbered.Record(i)).AsTask()).ToList();
        await time.PassUntilAsync(() => puts.TrueForAll(static p => p.IsCompleted), TimeSpan.FromMilliseconds(500));

        Assert.InRange(time.GetElapsedTime(0), TimeSpan.Zero, TimeSpan.FromMinutes(1));
        var disposed = producer.DisposeAsync().AsTask();
        await time.PassUntilAsync(() => disposed.IsCompleted, TimeSpan.FromMilliseconds(50));
        await disposed;
    }
}
