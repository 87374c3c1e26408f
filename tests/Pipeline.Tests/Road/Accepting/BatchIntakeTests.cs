namespace Orleans.Kpl.Pipeline.Tests.Road.Accepting;

/// <summary>
/// Batches that are accepted in parts. An exception says that nothing was accepted, so that the caller may put all of it again: once a part was
/// accepted, there is none.
/// </summary>
/// <remarks>Tests <see cref="Pipeline.Road.Accepting.RecordIntake"/> and <see cref="Pipeline.Road.Accepting.MemoryAdmission"/>.</remarks>
public sealed class BatchIntakeTests
{
    /// <summary>What a part may hold.</summary>
    private const int Part = 1_024;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task CancelOrDispose_WhileALaterPartWaitsForTheRecordLimit_EndsTheRest(bool disposes)
    {
        await using var harness = new PipelineHarness(configure: o => o.DrainTimeout = TimeSpan.FromSeconds(1));
        harness.Kinesis.BeforeSummary = static async ct => await Task.Delay(Timeout.Infinite, ct);
        using var cancel = new CancellationTokenSource();
        UserRecord[] records = [.. PipelineHarness.Records(Part), new UserRecord("large", new byte[2 << 20]), PipelineHarness.Record(9_999)];

        var enqueuing = harness.Producer.EnqueueAsync(PipelineHarness.Stream, records, cancellationToken: cancel.Token).AsTask();
        await PipelineHarness.SettleAsync();
        Assert.False(enqueuing.IsCompleted);
        if (disposes)
            await harness.DriveAsync(harness.Producer.DisposeAsync().AsTask(), 50);
        else
            await cancel.CancelAsync();
        var results = await harness.DriveAsync((await harness.DriveAsync(enqueuing)).Delivery);

        Assert.All(results.Take(Part), r => Assert.True(r.IsSuccess));
        var code = disposes ? RecordErrorCodes.Shutdown : RecordErrorCodes.Canceled;
        Assert.All(results.Skip(Part), r => Assert.Equal(code, r.ErrorCode));
        Assert.Equal(["large", "key-9999"], results.Skip(Part).Select(r => r.Record!.Value.PartitionKey));
        Assert.Equal(Part, harness.Producer.GetLedger(PipelineHarness.Stream).Accepted);
    }

    [Fact]
    public async Task Cancel_WhileTheFirstPartWaitsForTheRecordLimit_AcceptsNothing()
    {
        await using var harness = new PipelineHarness();
        harness.Kinesis.BeforeSummary = static async ct => await Task.Delay(Timeout.Infinite, ct);
        using var cancel = new CancellationTokenSource();
        UserRecord[] records = [new UserRecord("large", new byte[2 << 20])];

        var enqueuing = harness.Producer.EnqueueAsync(PipelineHarness.Stream, records, cancellationToken: cancel.Token).AsTask();
        await PipelineHarness.SettleAsync();
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => enqueuing);
        Assert.Equal(0, harness.Producer.GetLedger(PipelineHarness.Stream).Accepted);
    }

    [Theory]
    [InlineData(OrderedMode.Off, true)]
    [InlineData(OrderedMode.PutRecords, true)]
    [InlineData(OrderedMode.Off, false)]
    public async Task CancelOrDispose_WhileALaterPartWaitsForMemory_EndsTheRest(OrderedMode mode, bool disposes)
    {
        await using var harness = new PipelineHarness(configure: o =>
        {
            (o.Ordered, o.MaxOutstandingRecords, o.DrainTimeout) = (mode, Part, TimeSpan.FromSeconds(1));
        });
        harness.Kinesis.NeverAnswer();
        using var cancel = new CancellationTokenSource();

        var enqueuing = harness.Producer.EnqueueAsync(PipelineHarness.Stream, PipelineHarness.Records(3 * Part), cancellationToken: cancel.Token).AsTask();
        await PipelineHarness.SettleAsync();
        Assert.False(enqueuing.IsCompleted);
        if (!disposes)
        {
            await cancel.CancelAsync();
            await enqueuing;
        }

        await harness.DriveAsync(harness.Producer.DisposeAsync().AsTask(), 50);
        var results = await (await enqueuing).Delivery;

        Assert.All(results.Take(Part), r => Assert.Equal(RecordErrorCodes.Shutdown, r.ErrorCode));
        var code = disposes ? RecordErrorCodes.Shutdown : RecordErrorCodes.Canceled;
        Assert.All(results.Skip(Part), r => Assert.Equal((RecordStatus.Failed, code, 0), (r.Status, r.ErrorCode, r.Attempts.Count)));
        Assert.Equal(Part, harness.Producer.GetLedger(PipelineHarness.Stream).Accepted);
    }
}
