using Orleans.Kpl.Pipeline.Sending;
using Orleans.Kpl.Pipeline.Tests.Simulation;

namespace Orleans.Kpl.Pipeline.Tests.Backlog;

/// <summary>Streams whose high-water mode is <see cref="HighWaterMode.Spill"/>.</summary>
/// <remarks>Tests <see cref="Pipeline.Backlog.Spilling.SpillGate"/>.</remarks>
public sealed class SpillTests
{
    private const int Size = 1_000;

    [Fact]
    public async Task Blip_Of200Milliseconds_SpillsNothing()
    {
        await using var bench = new BacklogHarness(configure: Small);
        TakeDown(bench);
        var putting = PutAllAsync(bench, 600);
        await bench.PassAsync(TimeSpan.FromMilliseconds(200));
        BringUp(bench);

        var results = await bench.DriveAsync(putting);

        Assert.All(results, static r => Assert.Equal(RecordStatus.Delivered, r.Status));
        Assert.DoesNotContain("spill began", bench.Events.Said);
        Assert.Equal(0, bench.Store.AppendCount);
    }

    [Fact]
    public async Task Outage_OfMinutes_SpillsThenHealsByItself_AndAllIsDelivered()
    {
        await using var bench = new BacklogHarness(configure: Small);
        TakeDown(bench);
        var putting = PutAllAsync(bench, 3_000);
        var results = await bench.DriveAsync(putting, stepMs: 20);

        Assert.Contains("spill began", bench.Events.Said);
        Assert.Contains(results, static r => r.Status == RecordStatus.Persisted);
        Assert.All(results, static r => Assert.True(r.IsSuccess, r.ToString()));
        Assert.True(bench.Backlog.Status.IsSpilling);
        await bench.PassAsync(TimeSpan.FromMinutes(3), stepMs: 50);
        BringUp(bench);
        await bench.DriveUntilAsync(() => bench.Ledger.Delivered == 3_000, stepMs: 20);
        await bench.DriveUntilAsync(() => !bench.Backlog.Status.IsSpilling, stepMs: 20);

        Assert.Equal(3_000, bench.Seen.Count);
        Assert.All(bench.Seen.Values, static times => Assert.Equal(1, times));
        Assert.Equal("spill ended", bench.Events.Said.Last(static s => s.StartsWith("spill", StringComparison.Ordinal)));
        var after = await bench.DriveAsync(await bench.PutAsync(PipelineHarness.Record(9_999)));
        Assert.Equal(RecordStatus.Delivered, after.Status);
    }

    /// <summary>The replay once filled a small room by itself, and the stream went on spilling for as long as more came than was replayed.</summary>
    [Theory]
    [InlineData(40, 0)]
    [InlineData(0, 1 << 20)]
    public async Task Outage_WithASmallRoom_HealsLongBeforeTheBacklogIsEmpty(int maxRecords, int maxBytes)
    {
        await using var bench = new BacklogHarness(configure: o =>
        {
            o.HighWaterMode = HighWaterMode.Spill;
            o.MaxOutstandingRecords = maxRecords;
            o.MaxOutstandingBytes = Math.Max(maxBytes, 1 << 20);
            o.RecordTtl = TimeSpan.FromSeconds(5);
        });
        TakeDown(bench);
        await bench.DriveAsync(PutAllAsync(bench, 6_000), stepMs: 20);
        await bench.DriveUntilAsync(() => bench.Backlog.Status.IsSpilling, stepMs: 20);
        BringUp(bench);
        var next = 10_000;
        var deliveries = new List<Task<RecordResult>>();
        await bench.DriveUntilAsync(() =>
        {
            // Somebody goes on putting.
            var putting = bench.Producer.EnqueueAsync(BacklogHarness.Stream, PipelineHarness.Record(next, Size));
            if (putting.IsCompletedSuccessfully)
            {
                deliveries.Add(putting.Result.Delivery);
                next++;
            }

            return !bench.Backlog.Status.IsSpilling;
        });

        Assert.InRange(bench.Ledger.InBacklog, 1_000, 20_000);
        await bench.DriveUntilAsync(() => bench.Ledger is { InFlight: 0, InBacklog: 0 }, stepMs: 20);
        Assert.All(deliveries, static d => Assert.True(d.Result.IsSuccess, d.Result.ToString()));
        Assert.Equal(bench.Ledger.Accepted, bench.Ledger.Delivered);
    }

    [Fact]
    public async Task TimeToLive_EndsInTheBacklog_NotAsExpired()
    {
        await using var bench = new BacklogHarness(configure: Small);
        TakeDown(bench);
        var delivery = await bench.PutAsync(PipelineHarness.Records(50));

        var results = await bench.DriveAsync(delivery, stepMs: 20);

        Assert.All(results, static r => Assert.Equal(RecordStatus.Persisted, r.Status));
        Assert.InRange(bench.Time.GetUtcNow() - Testing.FakeTimeProvider.Start, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(6));
        BringUp(bench);
        await bench.DriveUntilAsync(() => bench.Ledger.Delivered == 50, stepMs: 20);
        Assert.Equal(0, bench.Producer.OutstandingRecords);
    }

    [Fact]
    public async Task Dispose_WithKinesisDown_KeepsEverything()
    {
        var bench = new BacklogHarness(configure: Small);
        TakeDown(bench);
        var delivery = await bench.PutAsync(PipelineHarness.Records(60));

        await bench.DriveAsync(bench.Producer.DisposeAsync().AsTask(), 20);

        Assert.All(await delivery, static r => Assert.Equal(RecordStatus.Persisted, r.Status));
        Assert.Equal(60, bench.Ledger.InBacklog);
        bench.Crash();
        BringUp(bench);
        await bench.DriveUntilAsync(() => bench.Seen.Count == 60, stepMs: 20);
        await bench.DisposeAsync();
    }

    [Fact]
    public async Task StoreDown_WhileKinesisIsDown_BlocksAsWithoutABacklog()
    {
        await using var bench = new BacklogHarness(configure: Small);
        TakeDown(bench);
        bench.Store.IsDown = true;
        var putting = PutAllAsync(bench, 600);
        await bench.PassAsync(TimeSpan.FromSeconds(4), stepMs: 20);
        Assert.False(putting.IsCompleted);
        Assert.Equal(0, bench.Ledger.InBacklog);

        bench.Store.IsDown = false;
        var results = await bench.DriveAsync(putting, stepMs: 20);

        Assert.All(results, static r => Assert.True(r.IsSuccess || r.ErrorCode == RecordErrorCodes.Expired, r.ToString()));
        Assert.Contains(results, static r => r.Status == RecordStatus.Persisted);
        BringUp(bench);
        await bench.DriveUntilAsync(() => bench.Ledger.InBacklog == 0, stepMs: 20);
    }

    [Fact]
    public async Task Cancel_WhileWaitingForRoom_TakesNothing()
    {
        await using var bench = new BacklogHarness(configure: Small);
        TakeDown(bench);
        bench.Store.IsDown = true;
        var putting = PutAllAsync(bench, 300);
        await bench.PassAsync(TimeSpan.FromMilliseconds(100));
        using var cancel = new CancellationTokenSource();
        var waiting = bench.Producer.EnqueueAsync(BacklogHarness.Stream, PipelineHarness.Record(1, Size), null, cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => bench.DriveAsync(waiting));
        bench.Store.IsDown = false;
        BringUp(bench);
        await bench.DriveAsync(putting, stepMs: 20);
        await bench.DriveUntilAsync(() => bench.Ledger.InBacklog == 0, stepMs: 20);
        Assert.Equal(300, bench.Ledger.Accepted);
    }

    private static void Small(KplOptions options)
    {
        options.HighWaterMode = HighWaterMode.Spill;
        options.MaxOutstandingBytes = 200_000;
        options.RecordTtl = TimeSpan.FromSeconds(5);
        options.DrainTimeout = TimeSpan.FromSeconds(2);
    }

    internal static void TakeDown(BacklogHarness bench) =>
        bench.Kinesis.BeforePut = static (_, _) => throw new KinesisException(KinesisFailureKind.NotSent, RecordErrorCodes.ConnectionFailed, "down");

    internal static void BringUp(BacklogHarness bench) => bench.Kinesis.BeforePut = static (_, _) => ValueTask.CompletedTask;

    private static async Task<RecordResult[]> PutAllAsync(BacklogHarness bench, int count)
    {
        var deliveries = new List<Task<RecordResult>>();
        for (var i = 0; i < count; i++)
            deliveries.Add((await bench.Producer.EnqueueAsync(BacklogHarness.Stream, PipelineHarness.Record(i, Size))).Delivery);
        return await Task.WhenAll(deliveries);
    }
}
