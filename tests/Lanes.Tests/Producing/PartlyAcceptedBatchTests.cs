using Orleans.Kpl.Lanes.Tests.Fakes;
using Orleans.Kpl.Testing;

namespace Orleans.Kpl.Lanes.Tests.Producing;

/// <summary>Batches of which only a part was accepted: no exception tells of the rest, because it says that nothing was accepted.</summary>
/// <remarks>Tests <see cref="Accepting.MessageAcceptor"/> behind its intake.</remarks>
public sealed class PartlyAcceptedBatchTests
{
    private const string Stream = "events";
    private const int Part = 1_024;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task CancelOrDispose_WhileALaterPartWaitsForMemory_EndsTheRestOneByOne(bool disposes)
    {
        using var cluster = new FakeCluster(1);
        // A caller that waits for memory makes its client flush the silo: the silo must keep the first part all the same.
        (cluster.Silos[0].EndsAtOnce, cluster.Silos[0].EndsAtFlush) = (false, false);
        var producer = cluster.NewProducer(o => (o.MaxOutstandingRecords, o.DrainTimeout) = (Part, TimeSpan.FromMilliseconds(50)));
        using var cancel = new CancellationTokenSource();
        var enqueuing = producer.EnqueueAsync(Stream, Numbered.Records(3 * Part), cancellationToken: cancel.Token).AsTask();
        await Waiting.UntilAsync(() => cluster.Silos[0].Keys.Count == Part);
        Assert.False(enqueuing.IsCompleted);

        if (!disposes)
            await cancel.CancelAsync();
        await producer.DisposeAsync().AsTask().WaitAsync(Numbered.Long);
        var results = await (await enqueuing.WaitAsync(Numbered.Long)).Delivery.WaitAsync(Numbered.Long);

        Assert.All(results.Take(Part), r => Assert.NotEqual(RecordStatus.Failed, r.Status));
        var code = disposes ? RecordErrorCodes.Shutdown : RecordErrorCodes.Canceled;
        Assert.All(results.Skip(Part), r => Assert.Equal((RecordStatus.Failed, code), (r.Status, r.ErrorCode)));
        Assert.Equal(Part, producer.GetLedger(Stream).Accepted);
    }
}
