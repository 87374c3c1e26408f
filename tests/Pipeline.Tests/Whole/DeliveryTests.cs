namespace Orleans.Kpl.Pipeline.Tests.Whole;

public sealed class DeliveryTests
{
    [Fact]
    public async Task Put_ManyRecords_AreAggregatedAndEachTellsItsOwnPlace()
    {
        await using var harness = new PipelineHarness();
        var records = PipelineHarness.Records(5_000);

        var results = await harness.DriveAsync(harness.Producer.PutAsync(PipelineHarness.Stream, records).AsTask());

        Assert.All(results, r => Assert.True(r.IsSuccess, r.ToString()));
        var applied = harness.Kinesis.Records.ToDictionary(a => (a.ShardId, a.SequenceNumber, a.SubSequence));
        for (var i = 0; i < records.Length; i++)
        {
            var at = applied[(results[i].ShardId!, results[i].SequenceNumber!, results[i].SubSequenceNumber)];
            Assert.Equal(records[i].PartitionKey, at.Key);
            Assert.Equal(Encoding.UTF8.GetString(records[i].Data.Span), at.Data);
            Assert.True(at.VisibleToKcl);
        }

        Assert.Equal(5_000, applied.Count);
        Assert.True(applied.Keys.Select(k => k.SequenceNumber).Distinct().Count() < 50, "the records were not aggregated");
        Assert.Equal(new StreamLedger(5_000, 5_000, 0, 0, 0, 0, 0), harness.Producer.GetLedger(PipelineHarness.Stream));
        Assert.Equal((0, 0), (harness.Producer.OutstandingRecords, harness.Producer.OutstandingBytes));
    }

    [Fact]
    public async Task Put_AggregationOffForOneStream_LeavesTheOthersAggregated()
    {
        await using var harness = new PipelineHarness(shards: 1, configure: o => o.ForStream("plain", s => s.AggregationEnabled = false));

        var plain = await harness.DriveAsync(harness.Producer.PutAsync("plain", PipelineHarness.Records(10)).AsTask());
        var packed = await harness.DriveAsync(harness.Producer.PutAsync("packed", PipelineHarness.Records(10)).AsTask());

        Assert.Equal(10, plain.Select(r => r.SequenceNumber).Distinct().Count());
        Assert.Single(packed.Select(r => r.SequenceNumber).Distinct());
    }

    [Theory]
    [InlineData(true, 0, 2)]
    [InlineData(false, 60, 101)]
    public async Task Put_LeavesWithinTheLinger_AndImmediateDoesNotWaitForIt(bool isImmediate, int leastMs, int mostMs)
    {
        await using var harness = new PipelineHarness();
        await harness.DriveAsync(await harness.EnqueueAsync(PipelineHarness.Record(0)));
        var before = harness.Time.GetTimestamp();

        await harness.DriveAsync(await harness.EnqueueAsync(PipelineHarness.Record(1), isImmediate ? PutOptions.WithoutLinger : null), stepMs: 1);

        Assert.InRange(harness.Time.GetTimestamp() - before, leastMs * TimeSpan.TicksPerMillisecond, mostMs * TimeSpan.TicksPerMillisecond);
    }

    /// <summary>A lone record once waited for its linger until it had expired, though Kinesis was well.</summary>
    [Theory]
    [InlineData(3_000, 60_000, false)]
    [InlineData(3_000, 3_000, true)]
    [InlineData(50, 100, false)]
    [InlineData(50, 100, true)]
    public async Task Put_WithATimeToLiveBelowTheLinger_LeavesInTime(int timeToLiveMs, int lingerMs, bool isBatch)
    {
        await using var harness = new PipelineHarness(configure: o => o.RecordMaxBufferedTime = TimeSpan.FromMilliseconds(lingerMs));
        await harness.DriveAsync(await harness.EnqueueAsync(PipelineHarness.Record(0), PutOptions.WithoutLinger));
        var brief = new PutOptions { TimeToLive = TimeSpan.FromMilliseconds(timeToLiveMs) };
        var before = harness.Time.GetTimestamp();

        RecordResult[] results = isBatch
            ? await harness.DriveAsync(harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(10), brief).AsTask(), stepMs: 1)
            : [await harness.DriveAsync(await harness.EnqueueAsync(PipelineHarness.Record(1), brief), stepMs: 1)];

        Assert.All(results, static r => Assert.True(r.IsSuccess, r.ToString()));
        Assert.InRange(harness.Time.GetTimestamp() - before, 0, timeToLiveMs * TimeSpan.TicksPerMillisecond / 2 + 5 * TimeSpan.TicksPerMillisecond);
    }

    /// <summary>It was delivered all the same once.</summary>
    [Fact]
    public async Task Put_WithATokenThatIsCancelledAlready_IsNotAccepted()
    {
        await using var harness = new PipelineHarness();
        var cancelled = new CancellationToken(canceled: true);

        await Assert.ThrowsAsync<TaskCanceledException>(
            async () => await harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Record(1), null, cancelled));
        await Assert.ThrowsAsync<TaskCanceledException>(
            async () => await harness.Producer.EnqueueAsync(PipelineHarness.Stream, PipelineHarness.Records(10), null, cancelled));

        Assert.Equal(0, harness.Producer.GetLedger(PipelineHarness.Stream).Accepted);
    }

    [Fact]
    public async Task Put_AckLevelAccepted_IsAnsweredBeforeDelivery()
    {
        await using var harness = new PipelineHarness();
        var accepted = new PutOptions { AckLevel = AckLevel.Accepted };

        var one = harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Record(1), accepted);
        var many = harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(10), accepted);

        Assert.True(one.IsCompleted && many.IsCompleted);
        Assert.All([await one, .. await many], r => Assert.Equal(RecordStatus.Accepted, r.Status));
        await harness.DriveAsync(harness.Producer.FlushAsync());
        Assert.Equal(11, harness.Producer.GetLedger(PipelineHarness.Stream).Delivered);
    }

    [Fact]
    public async Task EmptyBatch_EndsAtOnce()
    {
        await using var harness = new PipelineHarness();

        Assert.Empty(await harness.Producer.PutAsync(PipelineHarness.Stream, ReadOnlyMemory<UserRecord>.Empty));
    }
}
