using static Orleans.Kpl.Pipeline.Tests.Simulation.FullShard;

namespace Orleans.Kpl.Pipeline.Tests.Whole;

/// <summary>Puts whose callers wait only so long: whole or not at all, however many parts they have.</summary>
public sealed class TimedIntakeTests
{
    /// <summary>What a part may hold.</summary>
    private const int Part = 1_024;

    private static readonly PutOptions FiveSeconds = new() { AcceptTimeout = TimeSpan.FromSeconds(5) };

    [Theory]
    [InlineData(OrderedMode.Off)]
    [InlineData(OrderedMode.PutRecords)]
    public async Task Batch_ForWhichThereIsMemoryInPartOnly_IsNotAcceptedAtAll(OrderedMode mode)
    {
        await using var harness = Full(mode);
        var begin = harness.Time.GetUtcNow();
        var enqueuing = harness.Producer.EnqueueAsync(PipelineHarness.Stream, PipelineHarness.Records(3 * Part), FiveSeconds).AsTask();
        await PipelineHarness.SettleAsync();
        Assert.False(enqueuing.IsCompleted);

        await Assert.ThrowsAsync<AcceptTimeoutException>(() => harness.DriveAsync(enqueuing));

        Assert.InRange(harness.Time.GetUtcNow() - begin, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(5.1));
        Assert.Equal(10, harness.Producer.GetLedger(PipelineHarness.Stream).Accepted);
    }

    [Fact]
    public async Task Batch_ForWhichThereIsMemoryInTime_IsAcceptedWholeAndInOrder()
    {
        await using var harness = Full(OrderedMode.Off);
        var answer = harness.Kinesis.HoldPuts();
        var enqueuing = harness.Producer.EnqueueAsync(PipelineHarness.Stream, PipelineHarness.Records(3 * Part), FiveSeconds).AsTask();
        await PipelineHarness.SettleAsync();
        Assert.False(enqueuing.IsCompleted);
        answer.SetResult();

        var batch = await harness.DriveAsync(enqueuing);
        Assert.Equal(3 * Part + 10, harness.Producer.GetLedger(PipelineHarness.Stream).Accepted);
        Assert.All(await harness.DriveAsync(batch.Delivery), r => Assert.True(r.IsSuccess, r.ToString()));
    }

    [Fact]
    public async Task Record_ForWhichThereIsNoMemory_IsNotAccepted()
    {
        await using var harness = Full(OrderedMode.Off, free: 10);
        var enqueuing = harness.Producer.EnqueueAsync(PipelineHarness.Stream, PipelineHarness.Record(1), FiveSeconds).AsTask();

        await Assert.ThrowsAsync<AcceptTimeoutException>(() => harness.DriveAsync(enqueuing));

        Assert.Equal(10, harness.Producer.GetLedger(PipelineHarness.Stream).Accepted);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3 * Part)]
    public async Task Cancel_WhileItWaits_IsNoTimeout(int records)
    {
        await using var harness = Full(OrderedMode.Off, free: 10);
        using var cancel = new CancellationTokenSource();
        var enqueuing = harness.Producer.EnqueueAsync(PipelineHarness.Stream, PipelineHarness.Records(records), FiveSeconds, cancel.Token).AsTask();
        await PipelineHarness.SettleAsync();
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => harness.DriveAsync(enqueuing));

        Assert.Equal(10, harness.Producer.GetLedger(PipelineHarness.Stream).Accepted);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1_500)]
    public async Task Batch_OfWhichOneShardStaysFull_FailsItsRecordsAloneInTheirPlaces(int pairs)
    {
        await using var harness = new PipelineHarness(shards: 2, Tenth);
        await FillAsync(harness);
        harness.Kinesis.NeverAnswer();
        var accepted = harness.Producer.GetLedger(PipelineHarness.Stream).Accepted;

        var batch = await harness.DriveAsync(EnqueueAsync(harness, pairs, Lower, Upper));
        Assert.Equal(accepted + pairs, harness.Producer.GetLedger(PipelineHarness.Stream).Accepted);
        harness.Kinesis.ComeBack();
        var results = await harness.DriveAsync(batch.Delivery, 50);

        for (var i = 0; i < results.Count; i += 2)
        {
            Assert.Equal((RecordStatus.Failed, RecordErrorCodes.Throttled, 0), (results[i].Status, results[i].ErrorCode, results[i].AttemptCount));
            Assert.True(results[i + 1].IsSuccess, results[i + 1].ToString());
        }
    }

    [Fact]
    public async Task Batch_OfWhichEveryShardStaysFull_IsNotAccepted()
    {
        await using var harness = new PipelineHarness(shards: 2, Tenth);
        await FillAsync(harness);
        harness.Kinesis.NeverAnswer();
        var accepted = harness.Producer.GetLedger(PipelineHarness.Stream).Accepted;

        await Assert.ThrowsAsync<AcceptTimeoutException>(() => harness.DriveAsync(EnqueueAsync(harness, 2_000, Lower, Lower)));

        Assert.Equal(accepted, harness.Producer.GetLedger(PipelineHarness.Stream).Accepted);
    }

    [Fact]
    public async Task Cancel_WhileOneShardIsFull_AcceptsNothing()
    {
        await using var harness = new PipelineHarness(shards: 2, Tenth);
        await FillAsync(harness);
        harness.Kinesis.NeverAnswer();
        var accepted = harness.Producer.GetLedger(PipelineHarness.Stream).Accepted;
        using var cancel = new CancellationTokenSource();

        var enqueuing = EnqueueAsync(harness, 1_500, Lower, Upper, cancel.Token);
        await PipelineHarness.SettleAsync();
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => harness.DriveAsync(enqueuing));
        Assert.Equal(accepted, harness.Producer.GetLedger(PipelineHarness.Stream).Accepted);
    }

    [Fact]
    public async Task Drop_WhereMemoryIsFull_FailsTheRecordsAtOnce()
    {
        await using var harness = Full(OrderedMode.Off, free: 10, o => o.HighWaterMode = HighWaterMode.Drop);

        var batch = await harness.Producer.EnqueueAsync(PipelineHarness.Stream, PipelineHarness.Records(3 * Part), FiveSeconds);

        Assert.All(await batch.Delivery, r => Assert.Equal(RecordErrorCodes.Dropped, r.ErrorCode));
    }

    [Fact]
    public async Task Batch_WithInvalidRecordsInEveryPart_HasTheirErrorsInTheirPlaces()
    {
        await using var harness = new PipelineHarness();
        var records = PipelineHarness.Records(3 * Part);
        for (var i = 0; i < records.Length; i += 100)
            records[i] = new UserRecord("", new byte[1]);

        var batch = await harness.DriveAsync(harness.Producer.EnqueueAsync(PipelineHarness.Stream, records, FiveSeconds).AsTask());
        var results = await harness.DriveAsync(batch.Delivery);

        for (var i = 0; i < results.Count; i++)
            Assert.Equal(i % 100 == 0 ? RecordErrorCodes.InvalidPartitionKey : null, results[i].ErrorCode);
    }

    /// <summary>A stream with ten records that are never answered, and room for so many others.</summary>
    internal static PipelineHarness Full(OrderedMode mode, int free = (3 * Part) + 9, Action<KplOptions>? configure = null)
    {
        var harness = new PipelineHarness(configure: o =>
        {
            (o.Ordered, o.MaxOutstandingRecords, o.DrainTimeout, o.RequestTimeout) = (mode, free, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
            configure?.Invoke(o);
        });
        harness.Kinesis.NeverAnswer();
        var filling = harness.Producer.EnqueueAsync(PipelineHarness.Stream, PipelineHarness.Records(10));
        Assert.True(filling.IsCompletedSuccessfully);
        return harness;
    }

    private static Task<EnqueuedBatch> EnqueueAsync(
        PipelineHarness harness, int pairs, UInt128 first, UInt128 second, CancellationToken cancellationToken = default)
    {
        var pair = new[] { new UserRecord("timed", new byte[8], first), new UserRecord("timed", new byte[8], second) };
        var records = Enumerable.Range(0, pairs).SelectMany(_ => pair);
        return harness.Producer.EnqueueAsync(PipelineHarness.Stream, records.ToArray(), FiveSeconds, cancellationToken).AsTask();
    }
}
