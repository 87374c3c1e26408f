using Orleans.Kpl.Pipeline.Backlog.Spilling;

namespace Orleans.Kpl.Pipeline.Tests.Backlog;

/// <summary>Streams whose high-water mode is <see cref="HighWaterMode.Spill"/>.</summary>
/// <remarks>Tests <see cref="Pipeline.Backlog.Spilling.SpillGate"/>.</remarks>
public sealed class SpillTests
{
    private const int Size = 1_000;

    [Fact]
    public async Task Blip_Of200Milliseconds_SpillsNothing()
    {
        await using var harness = new BacklogHarness(configure: Small);
        TakeDown(harness);
        var putting = PutAllAsync(harness, 600);
        await harness.PassAsync(TimeSpan.FromMilliseconds(200));
        BringUp(harness);

        var results = await harness.DriveAsync(putting);

        Assert.All(results, static r => Assert.Equal(RecordStatus.Delivered, r.Status));
        Assert.DoesNotContain("spill began", harness.Events.Said);
        Assert.Equal(0, harness.Store.AppendCount);
    }

    [Fact]
    public async Task Outage_OfMinutes_SpillsThenHealsByItself_AndAllIsDelivered()
    {
        await using var harness = new BacklogHarness(configure: Small);
        TakeDown(harness);
        var putting = PutAllAsync(harness, 3_000);
        var results = await harness.DriveAsync(putting, stepMs: 20);

        Assert.Contains("spill began", harness.Events.Said);
        Assert.Contains(results, static r => r.Status == RecordStatus.Persisted);
        Assert.All(results, static r => Assert.True(r.IsSuccess, r.ToString()));
        Assert.True(harness.Backlog.Status.IsSpilling);
        await harness.PassAsync(TimeSpan.FromMinutes(3), stepMs: 50);
        BringUp(harness);
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
        TakeDown(harness);
        await harness.DriveAsync(PutAllAsync(harness, 6_000), stepMs: 20);
        await harness.DriveUntilAsync(() => harness.Backlog.Status.IsSpilling, stepMs: 20);
        BringUp(harness);
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
        await harness.DriveUntilAsync(() => harness.Ledger is { InFlight: 0, InBacklog: 0 }, stepMs: 20);
        Assert.All(deliveries, static d => Assert.True(d.Result.IsSuccess, d.Result.ToString()));
        Assert.Equal(harness.Ledger.Accepted, harness.Ledger.Delivered);
    }

    /// <summary>Only streams that do not spill told it, so that the alert on a full memory was none here.</summary>
    [Fact]
    public async Task Waiting_ForRoom_IsMeasuredOnceForEachPutThatWaited()
    {
        await using var harness = new BacklogHarness(configure: Small);
        TakeDown(harness);
        var delivery = await harness.PutAsync(PipelineHarness.Records(100, Size));
        Assert.Equal(0, harness.Metrics.Of("AcceptWait").Count);
        var putting = PutAllAsync(harness, 200);
        await harness.PassAsync(TimeSpan.FromMilliseconds(200));
        BringUp(harness);
        await harness.DriveAsync(putting);
        await harness.DriveAsync(delivery);

        Assert.InRange(harness.Metrics.Of("AcceptWait").Count, 1, 200);
        Assert.InRange(harness.Metrics.Of("AcceptWait").Total, 200, 2_000);
    }

    [Fact]
    public async Task TimeToLive_EndsInTheBacklog_NotAsExpired()
    {
        await using var harness = new BacklogHarness(configure: Small);
        TakeDown(harness);
        var delivery = await harness.PutAsync(PipelineHarness.Records(50));

        var results = await harness.DriveAsync(delivery, stepMs: 20);

        Assert.All(results, static r => Assert.Equal(RecordStatus.Persisted, r.Status));
        Assert.InRange(harness.Time.GetUtcNow() - Testing.FakeTimeProvider.Start, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(6));
        BringUp(harness);
        await harness.DriveUntilAsync(() => harness.Ledger.Delivered == 50, stepMs: 20);
        Assert.Equal(0, harness.Producer.OutstandingRecords);
    }

    [Fact]
    public async Task StoreDown_WhileKinesisIsDown_BlocksAsWithoutABacklog()
    {
        await using var harness = new BacklogHarness(configure: Small);
        TakeDown(harness);
        harness.Store.IsDown = true;
        var putting = PutAllAsync(harness, 600);
        await harness.PassAsync(TimeSpan.FromSeconds(4), stepMs: 20);
        Assert.False(putting.IsCompleted);
        Assert.Equal(0, harness.Ledger.InBacklog);

        harness.Store.IsDown = false;
        var results = await harness.DriveAsync(putting, stepMs: 20);

        Assert.All(results, static r => Assert.True(r.IsSuccess || r.ErrorCode == RecordErrorCodes.Expired, r.ToString()));
        Assert.Contains(results, static r => r.Status == RecordStatus.Persisted);
        BringUp(harness);
        await harness.DriveUntilAsync(() => harness.Ledger.InBacklog == 0, stepMs: 20);
    }

    [Fact]
    public async Task Cancel_WhileWaitingForRoom_TakesNothing()
    {
        await using var harness = new BacklogHarness(configure: Small);
        TakeDown(harness);
        harness.Store.IsDown = true;
        var putting = PutAllAsync(harness, 300);
        await harness.PassAsync(TimeSpan.FromMilliseconds(100));
        using var cancel = new CancellationTokenSource();
        var waiting = harness.Producer.EnqueueAsync(BacklogHarness.Stream, PipelineHarness.Record(1, Size), null, cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => harness.DriveAsync(waiting));
        harness.Store.IsDown = false;
        BringUp(harness);
        await harness.DriveAsync(putting, stepMs: 20);
        await harness.DriveUntilAsync(() => harness.Ledger.InBacklog == 0, stepMs: 20);
        Assert.Equal(300, harness.Ledger.Accepted);
    }

    [Fact]
    public async Task Outage_OfTenMinutes_KeepsMemoryFlat_AndEverything()
    {
        const int Memory = 2 << 20;
        await using var harness = new BacklogHarness(shards: 2, configure: static o =>
        {
            o.HighWaterMode = HighWaterMode.Spill;
            o.MaxOutstandingBytes = Memory;
            o.RecordTtl = TimeSpan.FromSeconds(10);
        });
        SpillTests.TakeDown(harness);
        var deliveries = new List<Task<IReadOnlyList<RecordResult>>>();
        var (most, count) = (0L, 0);
        for (var second = 0; second < 600; second += 2)
        {
            var batch = Enumerable.Range(count, 40).Select(static i => PipelineHarness.Record(i, 20_000)).ToArray();
            count += batch.Length;
            deliveries.Add(await harness.PutAsync(batch));
            await harness.PassAsync(TimeSpan.FromSeconds(2), stepMs: 100);
            most = Math.Max(most, harness.Producer.OutstandingBytes);
        }

        Assert.InRange(most, 0, Memory);
        Assert.Equal(count, harness.Ledger.Accepted);
        Assert.True(harness.Ledger.InFlight < 200, harness.Ledger.ToString());
        SpillTests.BringUp(harness);
        await harness.DriveUntilAsync(() => harness.Ledger is { InFlight: 0, InBacklog: 0 }, stepMs: 100);
        Assert.All(deliveries.SelectMany(static d => d.Result), static r => Assert.True(r.IsSuccess, r.ToString()));
        Assert.Equal(count, harness.Ledger.Delivered);
    }

    private static void Small(KplOptions options)
    {
        options.HighWaterMode = HighWaterMode.Spill;
        options.MaxOutstandingBytes = 200_000;
        options.RecordTtl = TimeSpan.FromSeconds(5);
        options.DrainTimeout = TimeSpan.FromSeconds(2);
    }

    internal static void TakeDown(BacklogHarness harness) =>
        harness.Kinesis.BeforePut = static (_, _) => throw new KinesisException(KinesisFailureKind.NotSent, RecordErrorCodes.ConnectionFailed, "down");

    internal static void BringUp(BacklogHarness harness) => harness.Kinesis.BeforePut = static (_, _) => ValueTask.CompletedTask;

    private static async Task<RecordResult[]> PutAllAsync(BacklogHarness harness, int count)
    {
        var deliveries = new List<Task<RecordResult>>();
        for (var i = 0; i < count; i++)
            deliveries.Add((await harness.Producer.EnqueueAsync(BacklogHarness.Stream, PipelineHarness.Record(i, Size))).Delivery);
        return await Task.WhenAll(deliveries);
    }
}
