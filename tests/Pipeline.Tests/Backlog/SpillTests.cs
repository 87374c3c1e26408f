namespace Orleans.Kpl.Pipeline.Tests.Backlog;

/// <summary>Streams whose high-water mode is <see cref="HighWaterMode.Spill"/>.</summary>
/// <remarks>Tests <see cref="Pipeline.Backlog.Spilling.SpillGate"/>.</remarks>
public sealed class SpillTests
{
    private const int Size = 1_000;

    [Fact]
    public async Task Outage_OfMinutes_SpillsThenHealsByItself_KeepsMemoryFlat_AndAllIsDelivered()
    {
        await using var harness = new BacklogHarness(configure: Small);
        harness.Kinesis.GoAway();
        var (putting, most) = (PutAllAsync(harness, 3_000), 0L);
        await harness.DriveUntilAsync(
            () =>
            {
                most = Math.Max(most, harness.Producer.OutstandingBytes);
                return putting.IsCompleted;
            },
            stepMs: 20);
        var results = await putting;

        Assert.InRange(most, 100_000, 200_000);
        Assert.Contains("spill began", harness.Events.Said);
        Assert.Contains(results, static r => r.Status == RecordStatus.Persisted);
        Assert.All(results, static r => Assert.True(r.IsSuccess, r.ToString()));
        Assert.True(harness.Backlog.Status.IsSpilling);
        await harness.PassAsync(TimeSpan.FromMinutes(3), stepMs: 50);
        harness.Kinesis.ComeBack();
        await harness.DriveUntilAsync(() => harness.Ledger.Delivered == 3_000, stepMs: 20);
        await harness.DriveUntilAsync(() => !harness.Backlog.Status.IsSpilling, stepMs: 20);

        Assert.Equal(3_000, harness.Seen.Count);
        Assert.All(harness.Seen.Values, static times => Assert.Equal(1, times));
        Assert.Equal("spill ended", harness.Events.Said.Last(static s => s.StartsWith("spill", StringComparison.Ordinal)));
        var after = await harness.DriveAsync(await harness.PutAsync(PipelineHarness.Record(9_999)));
        Assert.Equal(RecordStatus.Delivered, after.Status);
    }

    /// <summary>The replay once filled a small room by itself, and the stream went on spilling for as long as more came than was replayed.</summary>
    [Theory]
    [InlineData(40, 0)]
    [InlineData(0, 1 << 20)]
    public async Task Outage_WithASmallRoom_HealsLongBeforeTheBacklogIsEmpty(int maxRecords, int maxBytes)
    {
        await using var harness = new BacklogHarness(configure: o =>
        {
            o.HighWaterMode = HighWaterMode.Spill;
            o.MaxOutstandingRecords = maxRecords;
            o.MaxOutstandingBytes = Math.Max(maxBytes, 1 << 20);
            o.RecordTtl = TimeSpan.FromSeconds(5);
        });
        harness.Kinesis.GoAway();
        await harness.DriveAsync(PutAllAsync(harness, 6_000), stepMs: 20);
        await harness.DriveUntilAsync(() => harness.Backlog.Status.IsSpilling, stepMs: 20);
        harness.Kinesis.ComeBack();
        var next = 10_000;
        var deliveries = new List<Task<RecordResult>>();
        await harness.DriveUntilAsync(() =>
        {
            // Somebody goes on putting.
            var putting = harness.Producer.EnqueueAsync(BacklogHarness.Stream, PipelineHarness.Record(next, Size));
            if (putting.IsCompletedSuccessfully)
            {
                deliveries.Add(putting.Result.Delivery);
                next++;
            }

            return !harness.Backlog.Status.IsSpilling;
        });

        Assert.InRange(harness.Ledger.InBacklog, 1_000, 20_000);
        await harness.EndAllAsync(stepMs: 20);
        Assert.All(deliveries, static d => Assert.True(d.Result.IsSuccess, d.Result.ToString()));
        Assert.Equal(harness.Ledger.Accepted, harness.Ledger.Delivered);
    }

    /// <summary>Only streams that do not spill told it, so that the alert on a full memory was none here.</summary>
    [Fact]
    public async Task Blip_Of200Milliseconds_SpillsNothing_AndIsMeasuredOnceForEachPutThatWaited()
    {
        await using var harness = new BacklogHarness(configure: Small);
        harness.Kinesis.GoAway();
        var delivery = await harness.PutAsync(PipelineHarness.Records(100, Size));
        Assert.Equal(0, harness.Metrics.Of("AcceptWait").Count);
        var putting = PutAllAsync(harness, 200);
        await harness.PassAsync(TimeSpan.FromMilliseconds(200));
        harness.Kinesis.ComeBack();
        Assert.All(await harness.DriveAsync(putting), static r => Assert.Equal(RecordStatus.Delivered, r.Status));
        await harness.DriveAsync(delivery);

        Assert.DoesNotContain("spill began", harness.Events.Said);
        Assert.Equal(0, harness.Store.AppendCount);
        Assert.InRange(harness.Metrics.Of("AcceptWait").Count, 1, 200);
        Assert.InRange(harness.Metrics.Of("AcceptWait").Total, 200, 2_000);
    }

    [Fact]
    public async Task StoreDown_WhileKinesisIsDown_BlocksAsWithoutABacklog()
    {
        await using var harness = new BacklogHarness(configure: Small);
        harness.Kinesis.GoAway();
        harness.Store.IsDown = true;
        var putting = PutAllAsync(harness, 600);
        await harness.PassAsync(TimeSpan.FromSeconds(4), stepMs: 20);
        Assert.False(putting.IsCompleted);
        Assert.Equal(0, harness.Ledger.InBacklog);

        harness.Store.IsDown = false;
        var results = await harness.DriveAsync(putting, stepMs: 20);

        Assert.All(results, static r => Assert.True(r.IsSuccess || r.ErrorCode == RecordErrorCodes.Expired, r.ToString()));
        Assert.Contains(results, static r => r.Status == RecordStatus.Persisted);
        harness.Kinesis.ComeBack();
        await harness.DriveUntilAsync(() => harness.Ledger.InBacklog == 0, stepMs: 20);
    }

    /// <summary>It waits for no sequence number, whether the put or the stream asks for Persisted.</summary>
    [Fact]
    public async Task NeverSpills_OnAStreamThatPersists_SpillsAllTheSame()
    {
        await using var harness = new BacklogHarness(configure: static o =>
        {
            Small(o);
            o.AckLevel = AckLevel.Persisted;
        });
        harness.Kinesis.GoAway();
        var putting = PutAllAsync(harness, 600, new PutOptions { AckLevel = AckLevel.Delivered });
        await harness.DriveUntilAsync(() => putting.IsCompleted || harness.Events.Said.Contains("spill began"), stepMs: 20);

        var never = new PutOptions { NeverSpills = true };
        var enqueuing = harness.Producer.EnqueueAsync(BacklogHarness.Stream, PipelineHarness.Record(9_999, Size), never).AsTask();
        await harness.PassAsync(TimeSpan.FromSeconds(1));

        Assert.Equal((true, true), (harness.Backlog.Status.IsSpilling, enqueuing.IsCompletedSuccessfully));
        Assert.Equal(RecordStatus.Persisted, (await harness.DriveAsync((await enqueuing).Delivery)).Status);
        harness.Kinesis.ComeBack();
        await harness.DriveAsync(putting, stepMs: 20);
        await harness.DriveUntilAsync(() => harness.Ledger.InBacklog == 0, stepMs: 20);
    }

    [Fact]
    public async Task Cancel_WhileWaitingForRoom_TakesNothing()
    {
        await using var harness = new BacklogHarness(configure: Small);
        harness.Kinesis.GoAway();
        harness.Store.IsDown = true;
        var putting = PutAllAsync(harness, 300);
        await harness.PassAsync(TimeSpan.FromMilliseconds(100));
        using var cancel = new CancellationTokenSource();
        var waiting = harness.Producer.EnqueueAsync(BacklogHarness.Stream, PipelineHarness.Record(1, Size), null, cancel.Token).AsTask();
        await cancel.CancelAsync();
        var thrown = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => harness.DriveAsync(waiting));
        // By its own token a caller tells its cancellation from others.
        Assert.Equal(cancel.Token, thrown.CancellationToken);
        harness.Store.IsDown = false;
        harness.Kinesis.ComeBack();
        await harness.DriveAsync(putting, stepMs: 20);
        await harness.DriveUntilAsync(() => harness.Ledger.InBacklog == 0, stepMs: 20);
        Assert.Equal(300, harness.Ledger.Accepted);
    }

    private static void Small(KplOptions options)
    {
        options.HighWaterMode = HighWaterMode.Spill;
        options.MaxOutstandingBytes = 200_000;
        options.RecordTtl = TimeSpan.FromSeconds(5);
        options.DrainTimeout = TimeSpan.FromSeconds(2);
    }

    private static async Task<RecordResult[]> PutAllAsync(BacklogHarness harness, int count, PutOptions? options = null)
    {
        var deliveries = new List<Task<RecordResult>>();
        for (var i = 0; i < count; i++)
            deliveries.Add((await harness.Producer.EnqueueAsync(BacklogHarness.Stream, PipelineHarness.Record(i, Size), options)).Delivery);
        return await Task.WhenAll(deliveries);
    }
}
