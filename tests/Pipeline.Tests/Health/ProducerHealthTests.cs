namespace Orleans.Kpl.Pipeline.Tests.Health;

public sealed class ProducerHealthTests
{
    [Fact]
    public async Task Health_WhileCallsFail_TellsSinceWhenAndWithWhatCode_UntilRecordsAreTaken()
    {
        await using var harness = new PipelineHarness();
        Assert.Equal(new KplHealth(), harness.Producer.Health with { DegradedStreams = new KplHealth().DegradedStreams });
        await harness.DriveAsync(await harness.EnqueueAsync(PipelineHarness.Record(0)));
        Assert.False(harness.Producer.Health.IsDegraded);

        var isAway = true;
        harness.Kinesis.BeforePut = (_, _) => isAway ? throw Away() : ValueTask.CompletedTask;
        var before = harness.Time.GetUtcNow();
        var put = await harness.EnqueueAsync(PipelineHarness.Record(1));
        await harness.DriveAsync(UntilAsync(harness, () => harness.Producer.Health.IsDegraded));
        var health = harness.Producer.Health;
        Assert.Equal(RecordErrorCodes.ConnectionFailed, health.DegradedCode);
        Assert.Equal([PipelineHarness.Stream], health.DegradedStreams);
        Assert.InRange(health.DegradedSince!.Value, before, harness.Time.GetUtcNow());
        Assert.True(health.OldestRecordAge > TimeSpan.Zero);

        isAway = false;
        Assert.True((await harness.DriveAsync(put)).IsSuccess);
        Assert.Equal((false, null, null), (harness.Producer.Health.IsDegraded, harness.Producer.Health.DegradedCode, harness.Producer.Health.OldestRecordAge));
    }

    /// <summary>All records ended, and nothing is sent: no call tells that Kinesis is back.</summary>
    [Fact]
    public async Task Health_OfAnIdleProducer_NoticesThatKinesisIsBack()
    {
        await using var harness = await AwayAsync();
        await harness.DriveAsync(Task.Delay(TimeSpan.FromSeconds(20), harness.Time), 50);

        Assert.False(harness.Producer.Health.IsDegraded);
        var listings = harness.Kinesis.Listings;
        await harness.DriveAsync(Task.Delay(TimeSpan.FromSeconds(50), harness.Time), 50);
        Assert.Equal(listings, harness.Kinesis.Listings);
    }

    /// <summary>Whoever looks at it changes nothing, however often.</summary>
    [Fact]
    public async Task Health_WhenAsked_MakesNoCall()
    {
        await using var harness = await AwayAsync();
        var listings = harness.Kinesis.Listings;
        for (var i = 0; i < 100; i++)
        {
            Assert.True(harness.Producer.Health.IsDegraded);
            await PipelineHarness.SettleAsync();
        }

        Assert.Equal(listings, harness.Kinesis.Listings);
    }

    /// <summary>Where puts are denied, a shard map that can be read proves nothing, and is not read for that.</summary>
    [Fact]
    public async Task Health_WhilePutsAreDenied_StaysDegraded_AndReadsNothing()
    {
        await using var harness = await AwayAsync("AccessDeniedException");
        var listings = harness.Kinesis.Listings;
        await harness.DriveAsync(Task.Delay(TimeSpan.FromSeconds(30), harness.Time), 50);

        Assert.True(harness.Producer.Health.IsDegraded);
        Assert.Equal(listings, harness.Kinesis.Listings);
    }

    /// <summary>Each call has one record that is refused and one that is taken, and no record is tried again by itself.</summary>
    [Fact]
    public async Task Health_WhileSomeRecordsAreRefused_IsFineAsLongAsOthersAreTaken()
    {
        await using var harness = new PipelineHarness(configure: static o => (o.AggregationEnabled, o.MaxAttempts) = (false, 1));
        harness.Kinesis.Refuse = static (entry, _) => entry.ExplicitHashKey == 0
            ? new PutRecordsReplyEntry(null, null, "InternalFailure", "oops") : null;
        UserRecord[] records = [new("refused", new byte[1], 0), new("taken", new byte[1], 1)];
        for (var i = 0; i < 3; i++)
        {
            var results = await harness.DriveAsync(harness.Producer.PutAsync(PipelineHarness.Stream, records).AsTask());
            Assert.Equal(["InternalFailure", null], results.Select(static r => r.ErrorCode));
        }

        Assert.Equal([2, 2, 2], harness.Kinesis.Calls);
        Assert.False(harness.Producer.Health.IsDegraded);
    }

    /// <summary>A record of one second once ended with "before the first attempt", and hid that no call of its stream could be made.</summary>
    [Fact]
    public async Task Expired_BeforeTheFirstAttempt_TellsWhyTheStreamsCallsFail()
    {
        await using var harness = new PipelineHarness(configure: o => o.RecordTtl = TimeSpan.FromSeconds(1));
        harness.Kinesis.BeforeList = static _ => throw Away();
        var result = await harness.DriveAsync(await harness.EnqueueAsync(PipelineHarness.Record(0)));
        Assert.Equal(RecordErrorCodes.Expired, result.ErrorCode);
        Assert.Equal("the time-to-live ended before the first attempt; the stream's last call: ConnectionFailed: refused", result.ErrorMessage);
        Assert.Equal(result.ErrorMessage, Assert.Single(result.Attempts).ErrorMessage);
    }

    /// <summary>The page told of failed records once where health knew nothing of them.</summary>
    [Fact]
    public async Task Health_AfterRecordsFailed_TellsHowManyForFiveMinutes_AndIsNotDegraded()
    {
        await using var harness = new PipelineHarness();
        harness.Kinesis.Refuse = static (_, _) => new PutRecordsReplyEntry(null, null, "KMSDisabledException", "off");
        var results = await harness.DriveAsync(harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(3)).AsTask());
        var failures = harness.Producer.Health.Failures!;
        Assert.Equal((results[0].ErrorCode, 3L, PipelineHarness.Stream), (failures.Code, failures.Count, Assert.Single(failures.Streams)));
        Assert.Equal(failures, Assert.Single(harness.Producer.Failures.Of(PipelineHarness.Stream)) with { Streams = failures.Streams });
        Assert.Empty(harness.Producer.Failures.Of("other"));
        await harness.PassAsync(failures.Until - harness.Time.GetUtcNow(), 1_000);
        Assert.Null(harness.Producer.Health.Failures);
    }

    private static async Task UntilAsync(PipelineHarness harness, Func<bool> condition)
    {
        while (!condition())
            await Task.Delay(TimeSpan.FromMilliseconds(5), harness.Time);
    }

    /// <summary>A producer that was told twice that Kinesis is away, and has nothing more to send.</summary>
    private static async Task<PipelineHarness> AwayAsync(string code = RecordErrorCodes.ConnectionFailed)
    {
        var harness = new PipelineHarness(configure: o => o.RecordTtl = TimeSpan.FromSeconds(1));
        await harness.DriveAsync(await harness.EnqueueAsync(PipelineHarness.Record(0)));
        harness.Kinesis.BeforePut = (_, _) => throw new KinesisException(KinesisFailureKind.NotSent, code, "refused");
        for (var i = 1; i <= 2; i++)
            Assert.False((await harness.DriveAsync(await harness.EnqueueAsync(PipelineHarness.Record(i)))).IsSuccess);
        return harness;
    }

    private static KinesisException Away() => new(KinesisFailureKind.NotSent, RecordErrorCodes.ConnectionFailed, "refused");
}
