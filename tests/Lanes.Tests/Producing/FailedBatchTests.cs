namespace Orleans.Kpl.Lanes.Tests.Producing;

/// <summary>Batches that no silo took, or of which only a part was accepted: what they give back is the same as the embedded producer's.</summary>
/// <remarks>Tests <see cref="Accepting.LaneAdmission"/> behind its intake.</remarks>
public sealed class FailedBatchTests
{
    private const int Part = 1_024;

    [Fact]
    public async Task PutAsync_OfABatch_GivesFailedRecordsBack()
    {
        var time = new FakeTimeProvider();
        using var cluster = new FakeCluster(silos: 1) { IsCutOff = true, Time = time };
        await using var producer = cluster.NewProducer();
        var records = Numbered.Records(20);
        records[7] = new UserRecord("own", records[7].Data, UInt128.MaxValue);

        var put = producer.PutAsync(Numbered.Stream, records, new PutOptions { TimeToLive = TimeSpan.FromMilliseconds(100) }).AsTask();
        await time.PassUntilAsync(() => put.IsCompleted, TimeSpan.FromMilliseconds(50));
        var results = await put;

        foreach (var (result, record) in results.Zip(records))
        {
            Assert.Equal((RecordStatus.Failed, RecordErrorCodes.Expired), (result.Status, result.ErrorCode));
            Assert.Equal((record.PartitionKey, record.ExplicitHashKey), (result.Record!.Value.PartitionKey, result.Record!.Value.ExplicitHashKey));
            Assert.Equal(record.Data.ToArray(), result.Record!.Value.Data.ToArray());
        }

        Assert.Equal(20, producer.GetLedger(Numbered.Stream).Failed);
    }

    /// <summary>No exception tells of the rest, because it says that nothing was accepted.</summary>
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
        var enqueuing = producer.EnqueueAsync(Numbered.Stream, Numbered.Records(3 * Part), cancellationToken: cancel.Token).AsTask();
        await Waiting.UntilAsync(() => cluster.Silos[0].Keys.Count == Part);
        Assert.False(enqueuing.IsCompleted);

        if (!disposes)
            await cancel.CancelAsync();
        await producer.DisposeAsync().AsTask().WaitAsync(Numbered.Long);
        var results = await (await enqueuing.WaitAsync(Numbered.Long)).Delivery.WaitAsync(Numbered.Long);

        Assert.All(results.Take(Part), r => Assert.NotEqual(RecordStatus.Failed, r.Status));
        var code = disposes ? RecordErrorCodes.Shutdown : RecordErrorCodes.Canceled;
        Assert.All(results.Skip(Part), r => Assert.Equal((RecordStatus.Failed, code), (r.Status, r.ErrorCode)));
        Assert.Equal(Part, producer.GetLedger(Numbered.Stream).Accepted);
    }

    /// <summary>The records before it in its part were packed already and had no outcome, so that the end of the client waited for them.</summary>
    [Fact]
    public async Task PutAsync_WhoseMemoryIsTakenBackInTheWaitForRoom_HasAnOutcomeForEach()
    {
        using var cluster = new FakeCluster(1);
        (cluster.Silos[0].EndsAtOnce, cluster.Silos[0].EndsAtFlush) = (false, false);
        await using var producer = cluster.NewProducer(static o => o.MaxOutstandingRecords = Part);
        using var memory = new OwnedMemory([.. "own"u8]);
        var records = Numbered.Records(3 * Part);
        for (var i = 1; i < records.Length; i += Part)
            records[i] = new UserRecord(records[i].PartitionKey, memory.Memory);
        var putting = producer.PutAsync(Numbered.Stream, records).AsTask();
        await Waiting.UntilAsync(() => cluster.Silos[0].Keys.Count == Part);

        memory.IsTakenBack = true;
        cluster.Silos[0].EndsAtOnce = true;
        cluster.Silos[0].EndAll();
        var results = await putting.WaitAsync(Numbered.Long);

        // The last part was not looked at.
        Assert.Equal(nameof(ObjectDisposedException), results[2 * Part + 1].ErrorCode);
        Assert.Single(results, static r => !r.IsSuccess);
        await producer.FlushAsync().WaitAsync(Numbered.Long);
        Assert.Equal((0, 0), (producer.OutstandingRecords, producer.OutstandingBytes));
    }
}
