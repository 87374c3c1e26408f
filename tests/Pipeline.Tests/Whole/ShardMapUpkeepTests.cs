namespace Orleans.Kpl.Pipeline.Tests.Whole;

public sealed class ShardMapUpkeepTests
{
    [Fact]
    public async Task UnknownStream_FailsItsRecordsAtOnce()
    {
        await using var harness = new PipelineHarness();
        harness.Kinesis.BeforeList = _ => throw new KinesisException(KinesisFailureKind.Refused, RecordErrorCodes.ResourceNotFound, "Stream events under account 000000000000 not found.", 400);

        var one = await harness.DriveAsync(await harness.EnqueueAsync(PipelineHarness.Record(1)));
        var many = await harness.DriveAsync(harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(10)).AsTask());

        Assert.Equal(RecordErrorCodes.ResourceNotFound, one.ErrorCode);
        Assert.All(many, r => Assert.Equal(RecordErrorCodes.ResourceNotFound, r.ErrorCode));
        Assert.Equal(0, harness.Time.GetTimestamp());
    }

    /// <summary>Seed 11302 of the simulator: it ended with the time-to-live of the records before it.</summary>
    [Fact]
    public async Task ListShardsDoesNotAnswer_ARecordWithAShorterTimeToLive_EndsWithItsOwn()
    {
        await using var harness = new PipelineHarness(configure: static o => o.RecordTtl = TimeSpan.FromSeconds(30));
        harness.Kinesis.BeforeList = static c => new ValueTask(Task.Delay(Timeout.Infinite, c));
        var first = await harness.EnqueueAsync(PipelineHarness.Record(1));
        harness.Time.Advance(TimeSpan.FromSeconds(1));
        var since = harness.Time.GetTimestamp();
        var result = await harness.DriveAsync(await harness.EnqueueAsync(PipelineHarness.Record(2), new PutOptions { TimeToLive = TimeSpan.FromSeconds(2) }));

        Assert.Equal(RecordErrorCodes.Expired, result.ErrorCode);
        Assert.InRange(harness.Time.GetElapsedTime(since), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(3));
        Assert.False(first.IsCompleted);
    }

    [Fact]
    public async Task NoRightToListShards_RecordsTravelAloneAndItIsSaidOnce()
    {
        await using var harness = new PipelineHarness();
        harness.Kinesis.BeforeList = _ => throw new KinesisException(KinesisFailureKind.Refused, "AccessDeniedException", "not authorized to perform: kinesis:ListShards", 400);

        var results = await harness.DriveAsync(harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(100)).AsTask());

        Assert.All(results, r => Assert.True(r.IsSuccess));
        Assert.Equal(100, results.Select(r => r.SequenceNumber).Distinct().Count());
        Assert.Single(harness.Events.Said, s => s == "prediction off kinesis:ListShards");
    }

    [Fact]
    public async Task ListShardsOutage_RecordsTravelAloneUntilTheMapComes()
    {
        await using var harness = new PipelineHarness();
        var down = true;
        harness.Kinesis.BeforeList = _ => down ? throw new KinesisException(KinesisFailureKind.NotSent, RecordErrorCodes.ConnectionFailed, "refused") : default;

        var alone = await harness.DriveAsync(harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(50)).AsTask(), stepMs: 50);
        down = false;
        await harness.PassAsync(TimeSpan.FromSeconds(10), stepMs: 100);

        var together = await harness.DriveAsync(harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(400)).AsTask());

        Assert.All(alone, r => Assert.True(r.IsSuccess));
        Assert.Equal(50, alone.Select(r => r.SequenceNumber).Distinct().Count());
        Assert.True(together.Select(r => r.SequenceNumber).Distinct().Count() <= 4);
    }

    [Fact]
    public async Task SplitBySomebodyElse_NothingIsReportedThatConsumersDoNotSee()
    {
        await using var harness = new PipelineHarness(shards: 1);
        await harness.DriveAsync(await harness.EnqueueAsync(PipelineHarness.Record(0)));
        harness.Kinesis.Reshard(FakeKinesis.Even(2, firstId: 1));

        var results = await harness.DriveAsync(harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(1_000)).AsTask());

        Visible.Check(harness, results);
        Assert.Contains(results, r => r.Attempts[0].ErrorCode == RecordErrorCodes.WrongShard);
        Assert.Equal(1_001, Visible.Places(harness).Count);
        Assert.Equal(2, harness.Kinesis.Listings);
    }

    [Fact]
    public async Task LargeRecord_WaitsForTheStreamsOwnLimit()
    {
        await using var harness = new PipelineHarness(shards: 1);
        harness.Kinesis.Summary = () => new StreamSummary("arn", "ACTIVE", default, 4096, false);

        var fits = await harness.DriveAsync(harness.Producer.PutAsync(PipelineHarness.Stream, new UserRecord("k", new byte[3 << 20])).AsTask(), 50);
        var refused = await Assert.ThrowsAsync<RecordValidationException>(
            async () => await harness.Producer.PutAsync(PipelineHarness.Stream, new UserRecord("k", new byte[4 << 20])));

        Assert.True(fits.IsSuccess);
        Assert.Equal(RecordErrorCodes.RecordTooLarge, refused.Code);
        Assert.Contains("4194304", refused.Message, StringComparison.Ordinal);
    }
}
