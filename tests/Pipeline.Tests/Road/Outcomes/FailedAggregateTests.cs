namespace Orleans.Kpl.Pipeline.Tests.Road.Outcomes;

public class FailedAggregateTests
{
    [Fact]
    public async Task Record_OfMembersThatFailedTogether_IsReadInAnyOrder()
    {
        await using var harness = new PipelineHarness(shards: 1, configure: o => o.RecordTtl = TimeSpan.FromSeconds(1));
        harness.Kinesis.Refuse = (_, _) => new PutRecordsReplyEntry(null, null, "InternalFailure", "broken");
        var records = PipelineHarness.Records(40);
        records[7] = new UserRecord("own", records[7].Data, UInt128.MaxValue);
        var batch = await harness.Producer.EnqueueAsync(PipelineHarness.Stream, records);
        await harness.DriveAsync(batch.Delivery, 50);

        foreach (var i in (int[])[39, 0, 7, 8, 7, 39, 20, .. Enumerable.Range(0, 40)])
        {
            var result = batch[i];
            Assert.Equal((RecordStatus.Failed, "Expired", 0), (result.Status, result.ErrorCode, result.SubSequenceNumber));
            var back = result.Record!.Value;
            Assert.Equal(records[i].PartitionKey, back.PartitionKey);
            Assert.Equal(records[i].ExplicitHashKey, back.ExplicitHashKey);
            Assert.Equal(Encoding.UTF8.GetString(records[i].Data.Span), Encoding.UTF8.GetString(back.Data.Span));
        }
    }

    [Fact]
    public async Task Record_OfTwoBatchesInOneAggregate_StaysUntilBothAreDisposed()
    {
        await using var harness = new PipelineHarness(shards: 1, configure: o => o.RecordTtl = TimeSpan.FromSeconds(1));
        harness.Kinesis.Refuse = (_, _) => new PutRecordsReplyEntry(null, null, "InternalFailure", "broken");
        var first = await harness.Producer.EnqueueAsync(PipelineHarness.Stream, PipelineHarness.Records(10));
        var second = await harness.Producer.EnqueueAsync(PipelineHarness.Stream, PipelineHarness.Records(10));
        await harness.DriveAsync(Task.WhenAll(first.Delivery, second.Delivery), 50);
        var (ofFirst, ofSecond) = (first[0], second[9]);

        first.Dispose();
        Assert.Equal("key-9", ofSecond.Record!.Value.PartitionKey);
        Assert.Equal("key-0", ofFirst.Record!.Value.PartitionKey);

        second.Dispose();
        Assert.Throws<ObjectDisposedException>(() => ofFirst.Record);
        Assert.Throws<ObjectDisposedException>(() => ofSecond.Record);
    }

    [Fact]
    public async Task Record_OfWhatOutlivesTheBatch_IsItsOwn()
    {
        await using var harness = new PipelineHarness(shards: 1, configure: o => o.RecordTtl = TimeSpan.FromSeconds(1));
        harness.Kinesis.Refuse = (_, _) => new PutRecordsReplyEntry(null, null, "InternalFailure", "broken");
        var told = new TaskCompletionSource<RecordFailure>(TaskCreationOptions.RunContinuationsAsynchronously);
        harness.Producer.RecordFailed += failure => told.TrySetResult(failure);
        var batch = await harness.Producer.EnqueueAsync(PipelineHarness.Stream, PipelineHarness.Records(10));
        await harness.DriveAsync(batch.Delivery, 50);
        var kept = batch[3];
        var thrown = Assert.Throws<RecordFailedException>(() => kept.EnsureSuccess());

        batch.Dispose();

        Assert.Equal("key-3", thrown.Result.Record!.Value.PartitionKey);
        var failure = await told.Task;
        Assert.Equal("key-0", failure.Record.PartitionKey);
        Assert.Equal("key-0", failure.Result.Record!.Value.PartitionKey);
        // Too late for a copy, but it still says what happened.
        Assert.Equal("Expired", Assert.Throws<RecordFailedException>(() => kept.EnsureSuccess()).Result.ErrorCode);
    }
}
