namespace Orleans.Kpl.Pipeline.Tests.Whole;

/// <summary>A full memory does not wait for a linger, except while calls fail.</summary>
public sealed class BackPressureTests
{
    [Fact]
    public async Task Block_WhenFullOfOpenAggregates_DoesNotWaitForTheLinger()
    {
        await using var harness = new PipelineHarness(configure: o =>
        {
            o.MaxOutstandingRecords = 100;
            o.RecordMaxBufferedTime = TimeSpan.FromSeconds(20);
        });
        await harness.DriveAsync(await harness.EnqueueAsync(PipelineHarness.Record(0), PutOptions.WithoutLinger));
        var before = harness.Time.GetTimestamp();
        for (var i = 0; i < 100; i++)
            await harness.EnqueueAsync(PipelineHarness.Record(i));

        await harness.DriveAsync(harness.Producer.EnqueueAsync(PipelineHarness.Stream, PipelineHarness.Record(100)).AsTask(), stepMs: 1);

        Assert.True(harness.Time.GetTimestamp() - before < TimeSpan.TicksPerSecond, "room came only with the linger's end");
    }

    [Fact]
    public async Task Block_WhileCallsFail_OpenAggregatesStayUntilKinesisIsBack()
    {
        await using var harness = new PipelineHarness(configure: o =>
        {
            o.MaxOutstandingRecords = 100;
            o.RecordMaxBufferedTime = TimeSpan.FromSeconds(20);
        });
        harness.Kinesis.GoAway();
        await harness.EnqueueAsync(PipelineHarness.Record(0), PutOptions.WithoutLinger);
        await PipelineHarness.SettleAsync();
        for (var i = 1; i < 100; i++)
            await harness.EnqueueAsync(PipelineHarness.Record(i));
        var waiting = harness.Producer.EnqueueAsync(PipelineHarness.Stream, PipelineHarness.Record(100)).AsTask();
        await harness.PassAsync(TimeSpan.FromSeconds(5), stepMs: 10);

        Assert.False(waiting.IsCompleted);
        Assert.True(harness.Kinesis.Calls.Count > 5, "the record that failed was not tried again");
        Assert.All(harness.Kinesis.Calls, records => Assert.Equal(1, records));

        harness.Kinesis.ComeBack();
        var back = harness.Time.GetTimestamp();
        await harness.DriveAsync(waiting, stepMs: 10);
        Assert.True(harness.Time.GetTimestamp() - back < 6 * TimeSpan.TicksPerSecond, "room came only with the linger's end");
    }

    /// <summary>A batch was accepted 1,024 records at a time, as soon as nothing else was in memory, whatever the limit.</summary>
    [Theory]
    [InlineData(HighWaterMode.Block)]
    [InlineData(HighWaterMode.Drop)]
    public async Task BatchLargerThanTheRoom_StaysWithinTheLimit(HighWaterMode mode)
    {
        await using var harness = new PipelineHarness(configure: o => (o.HighWaterMode, o.MaxOutstandingRecords) = (mode, 100));
        var open = harness.Kinesis.HoldPuts();
        var putting = harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(1_000)).AsTask();
        await harness.PassAsync(TimeSpan.FromSeconds(1));
        Assert.Equal(100, harness.Producer.OutstandingRecords);

        open.SetResult();
        var results = await harness.DriveAsync(putting);
        Assert.Equal(mode == HighWaterMode.Block ? 1_000 : 100, results.Count(r => r.IsSuccess));
    }

    [Fact]
    public async Task Drop_WhenFull_FailsAtOnceAndWasNeverAccepted()
    {
        await using var harness = new PipelineHarness(configure: o =>
        {
            o.HighWaterMode = HighWaterMode.Drop;
            o.MaxOutstandingRecords = 2;
            o.DrainTimeout = TimeSpan.FromSeconds(1);
        });
        harness.Kinesis.NeverAnswer();
        await harness.EnqueueAsync(PipelineHarness.Record(1));
        await harness.EnqueueAsync(PipelineHarness.Record(2));

        var one = await harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Record(3));
        var many = await harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(5));

        Assert.Equal(RecordErrorCodes.Dropped, one.ErrorCode);
        Assert.Equal("key-3", one.Record?.PartitionKey);
        Assert.All(many, r => Assert.Equal(RecordErrorCodes.Dropped, r.ErrorCode));
        Assert.Equal(2, harness.Producer.GetLedger(PipelineHarness.Stream).Accepted);
    }

    [Fact]
    public async Task Bytes_AreChargedDataKeysAnd160()
    {
        await using var harness = new PipelineHarness();

        await harness.EnqueueAsync(new UserRecord("four", new byte[100]));

        Assert.Equal((1, 264), (harness.Producer.OutstandingRecords, harness.Producer.OutstandingBytes));
    }

    [Fact]
    public async Task StreamWithALimitOfItsOwn_LeavesRoomForOthers()
    {
        await using var harness = new PipelineHarness(configure: o =>
        {
            o.ForStream("small", s => s.MaxOutstandingRecords = 1);
            o.DrainTimeout = TimeSpan.FromSeconds(1);
        });
        harness.Kinesis.NeverAnswer();
        await harness.Producer.EnqueueAsync("small", PipelineHarness.Record(1));
        var waiting = harness.Producer.EnqueueAsync("small", PipelineHarness.Record(2)).AsTask();

        Assert.True(harness.Producer.EnqueueAsync("large", PipelineHarness.Record(3)).IsCompletedSuccessfully);
        Assert.False(waiting.IsCompleted);
        await harness.DriveAsync(harness.Producer.DisposeAsync().AsTask(), 50);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting);
    }

    [Fact]
    public async Task OldestRecordAge_GrowsWithTheOldestAndEndsWithIt()
    {
        await using var harness = new PipelineHarness();
        Assert.Equal(TimeSpan.Zero, harness.Producer.OldestRecordAge);
        var open = harness.Kinesis.HoldPuts();
        var delivery = await harness.EnqueueAsync(PipelineHarness.Record(1));
        await PipelineHarness.SettleAsync();

        await harness.JumpAsync(TimeSpan.FromSeconds(3));
        Assert.Equal(TimeSpan.FromSeconds(3), harness.Producer.OldestRecordAge);

        open.SetResult();
        await harness.DriveAsync(delivery);
        Assert.Equal(TimeSpan.Zero, harness.Producer.OldestRecordAge);
    }
}
