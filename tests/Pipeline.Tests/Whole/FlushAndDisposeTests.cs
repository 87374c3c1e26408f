using Orleans.Kpl.Pipeline.Tests.Simulation;

namespace Orleans.Kpl.Pipeline.Tests.Whole;

public sealed class FlushAndDisposeTests
{
    [Fact]
    public async Task Flush_SkipsTheLingerAndWaitsForWhatWasAccepted()
    {
        await using var bench = new PipelineHarness(configure: o => o.RecordMaxBufferedTime = TimeSpan.FromSeconds(10));
        await bench.DriveAsync(await bench.EnqueueAsync(PipelineHarness.Record(0), PutOptions.WithoutLinger));
        var before = bench.Time.GetTimestamp();
        var deliveries = new List<Task<RecordResult>>();
        for (var i = 0; i < 100; i++)
            deliveries.Add(await bench.EnqueueAsync(PipelineHarness.Record(i)));

        await bench.DriveAsync(bench.Producer.FlushAsync(PipelineHarness.Stream), stepMs: 1);

        Assert.All(deliveries, d => Assert.True(d.IsCompletedSuccessfully && d.Result.IsSuccess));
        Assert.True(bench.Time.GetTimestamp() - before < TimeSpan.TicksPerSecond);
    }

    [Fact]
    public async Task Flush_UnderConstantInflow_Converges()
    {
        await using var bench = new PipelineHarness();
        await bench.DriveAsync(await bench.EnqueueAsync(PipelineHarness.Record(0), PutOptions.WithoutLinger));
        var calls = new List<TaskCompletionSource>();
        bench.Kinesis.BeforePut = async (_, _) => await Task.Yield();
        var first = await bench.EnqueueAsync(PipelineHarness.Record(1));

        var flush = bench.Producer.FlushAsync();
        var later = new List<Task<RecordResult>>();
        for (var i = 0; !flush.IsCompleted; i++)
        {
            Assert.True(i < 10_000, "the flush waits for what came after it");
            later.Add(await bench.EnqueueAsync(PipelineHarness.Record(i)));
            await PipelineHarness.SettleAsync();
        }

        Assert.True(first.IsCompletedSuccessfully);
        Assert.Contains(later, d => !d.IsCompleted);
    }

    [Fact]
    public async Task Flush_OfAnUnknownStreamOrNothing_CompletesAtOnce()
    {
        await using var bench = new PipelineHarness();

        Assert.True(bench.Producer.FlushAsync("never-used").IsCompletedSuccessfully);
        Assert.True(bench.Producer.FlushAsync().IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Flush_Cancelled_EndsTheWaitingOnly()
    {
        await using var bench = new PipelineHarness();
        var open = new TaskCompletionSource();
        bench.Kinesis.BeforePut = async (_, _) => await open.Task;
        var delivery = await bench.EnqueueAsync(PipelineHarness.Record(1));
        using var cancel = new CancellationTokenSource();

        var flush = bench.Producer.FlushAsync(cancellationToken: cancel.Token);
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => flush);
        open.SetResult();
        Assert.True((await bench.DriveAsync(delivery)).IsSuccess);
    }

    [Fact]
    public async Task Dispose_DeliversWhatWasAccepted()
    {
        var bench = new PipelineHarness();
        var deliveries = new List<Task<RecordResult>>();
        for (var i = 0; i < 1_000; i++)
            deliveries.Add(await bench.EnqueueAsync(PipelineHarness.Record(i)));

        await bench.DisposeAsync();

        Assert.All(deliveries, d => Assert.True(d.IsCompletedSuccessfully && d.Result.IsSuccess));
    }

    [Fact]
    public async Task Dispose_PastTheDrainLimit_EndsEveryRecordWithShutdown()
    {
        var bench = new PipelineHarness(configure: o => o.DrainTimeout = TimeSpan.FromSeconds(2));
        bench.Kinesis.BeforePut = static async (_, ct) => await Task.Delay(Timeout.Infinite, ct);
        var deliveries = new List<Task<RecordResult>>();
        for (var i = 0; i < 500; i++)
            deliveries.Add(await bench.EnqueueAsync(PipelineHarness.Record(i, 2_000)));

        await bench.DisposeAsync();

        Assert.All(deliveries, d => Assert.Equal(RecordErrorCodes.Shutdown, d.Result.ErrorCode));
        Assert.All(deliveries, d => Assert.NotNull(d.Result.Record));
        Assert.Equal(new StreamLedger(500, 0, 500, 0, 0, 0, 0), bench.Producer.GetLedger(PipelineHarness.Stream));
        Assert.Contains(bench.Events.Said, s => s.StartsWith("drain cut", StringComparison.Ordinal));
        Assert.Equal(0, bench.Producer.OutstandingRecords);
    }

    [Fact]
    public async Task AfterDispose_EveryCallSaysSo()
    {
        var bench = new PipelineHarness();
        await bench.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await bench.Producer.EnqueueAsync(PipelineHarness.Stream, PipelineHarness.Record(1)));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await bench.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(2)));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => bench.Producer.FlushAsync());
        await bench.Producer.DisposeAsync();
    }

    [Fact]
    public async Task Dispose_WhileSomebodyWaitsForRoom_TurnsThemAway()
    {
        var bench = new PipelineHarness(configure: o =>
        {
            o.MaxOutstandingRecords = 1;
            o.DrainTimeout = TimeSpan.FromSeconds(1);
        });
        bench.Kinesis.BeforePut = static async (_, ct) => await Task.Delay(Timeout.Infinite, ct);
        await bench.EnqueueAsync(PipelineHarness.Record(1));
        var waiting = bench.Producer.EnqueueAsync(PipelineHarness.Stream, PipelineHarness.Record(2)).AsTask();

        await bench.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting);
    }
}
