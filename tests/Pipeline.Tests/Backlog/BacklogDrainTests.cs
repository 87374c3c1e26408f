using Orleans.Kpl.Pipeline.Tests.Simulation;

namespace Orleans.Kpl.Pipeline.Tests.Backlog;

/// <summary>A producer that is disposed waits no longer than there is something to wait for.</summary>
public sealed class BacklogDrainTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task Dispose_WithEverythingPersisted_DoesNotWaitForKinesis()
    {
        var bench = new BacklogHarness();
        SpillTests.TakeDown(bench);
        Assert.All(await bench.DriveAsync(await bench.PutAsync(PipelineHarness.Records(50), BacklogHarness.Persisted)), static r => Assert.Equal(RecordStatus.Persisted, r.Status));

        Assert.InRange(await DisposeAsync(bench), TimeSpan.Zero, Soon);

        Assert.Equal(50, bench.Ledger.InBacklog);
        await DeliverAsync(bench, 50);
    }

    [Fact]
    public async Task Dispose_OfAStreamThatSpills_TakesWhatIsInMemoryToTheBacklogSoon()
    {
        var bench = new BacklogHarness(configure: static o => o.HighWaterMode = HighWaterMode.Spill);
        SpillTests.TakeDown(bench);
        var delivery = await bench.PutAsync(PipelineHarness.Records(50));

        Assert.InRange(await DisposeAsync(bench), TimeSpan.Zero, Soon);

        Assert.All(await delivery, static r => Assert.Equal(RecordStatus.Persisted, r.Status));
        await DeliverAsync(bench, 50);
    }

    [Fact]
    public async Task Dispose_WithARecordThatNobodyPersists_WaitsForIt()
    {
        var bench = new BacklogHarness(configure: static o => (o.DrainTimeout, o.RecordTtl) = (TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(1)));
        SpillTests.TakeDown(bench);
        await bench.DriveAsync(await bench.PutAsync(PipelineHarness.Records(50), BacklogHarness.Persisted));
        var delivery = await bench.PutAsync(PipelineHarness.Record(99));

        Assert.InRange(await DisposeAsync(bench), TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(12));

        Assert.Equal(RecordErrorCodes.Shutdown, (await delivery).ErrorCode);
        await DeliverAsync(bench, 50);
    }

    /// <summary>Kinesis is slow, not away: what is under way is waited for, so that the next process does not send it again.</summary>
    [Fact]
    public async Task Dispose_WhileACallIsUnderWay_WaitsForItsAnswer()
    {
        var bench = new BacklogHarness();
        bench.Kinesis.BeforePut = async (_, token) => await Task.Delay(TimeSpan.FromSeconds(4), bench.Time, token);
        await bench.DriveAsync(await bench.PutAsync(PipelineHarness.Records(50), BacklogHarness.Persisted));

        Assert.InRange(await DisposeAsync(bench), TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(6));

        Assert.Equal(50, bench.Ledger.Delivered);
        await DeliverAsync(bench, 50);
        Assert.All(bench.Seen.Values, static times => Assert.Equal(1, times));
    }

    private static async Task<TimeSpan> DisposeAsync(BacklogHarness bench)
    {
        var from = bench.Time.GetUtcNow();
        await bench.DriveAsync(bench.Producer.DisposeAsync().AsTask(), 20);
        return bench.Time.GetUtcNow() - from;
    }

    private static async Task DeliverAsync(BacklogHarness bench, int records)
    {
        bench.Crash();
        SpillTests.BringUp(bench);
        await bench.DriveUntilAsync(() => bench.Seen.Count == records, stepMs: 20);
        await bench.DisposeAsync();
    }
}
