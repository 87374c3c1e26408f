using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.Tests.Simulation;

namespace Orleans.Kpl.Pipeline.Tests.Backlog;

/// <summary>The store is down, full, owned by another, or answers what is not so.</summary>
public sealed class StoreTroubleTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task StoreDown_WithKinesisUp_EndsAsDelivered(bool hangs)
    {
        await using var bench = new BacklogHarness();
        Break(bench, hangs);

        var results = await bench.DriveAsync(await bench.PutAsync(PipelineHarness.Records(500), BacklogHarness.Persisted));

        Assert.All(results, static r => Assert.Equal(RecordStatus.Delivered, r.Status));
        Assert.Equal(500, bench.Ledger.Delivered);
        Assert.NotNull(bench.Backlog.Status.StoreError);
        Mend(bench);
        await bench.DriveUntilAsync(() => bench.Backlog.Status.StoreError is null);
        var later = await bench.DriveAsync(await bench.PutAsync(PipelineHarness.Record(7_000), BacklogHarness.Persisted));
        Assert.Equal(RecordStatus.Persisted, later.Status);
        await bench.DriveUntilAsync(() => bench.Ledger.Delivered == 501);
        Assert.All(bench.Seen.Values, static times => Assert.Equal(1, times));
    }

    [Fact]
    public async Task StoreDown_OnceOpen_EndsAsDelivered_AndTheLateWriteIsDoneAlready()
    {
        await using var bench = new BacklogHarness();
        await bench.DriveAsync(await bench.PutAsync(PipelineHarness.Record(9_000), BacklogHarness.Persisted));
        bench.Store.Hang();

        var results = await bench.DriveAsync(await bench.PutAsync(PipelineHarness.Records(500), BacklogHarness.Persisted));
        Assert.All(results, static r => Assert.Equal(RecordStatus.Delivered, r.Status));

        bench.Store.Release();
        await bench.PassAsync(TimeSpan.FromSeconds(2));
        Assert.Equal(new StreamLedger(501, 501, 0, 0, 0, 0, 0), bench.Ledger);
        bench.Crash();
        await bench.PassAsync(TimeSpan.FromSeconds(2));
        Assert.All(bench.Seen.Values, static times => Assert.Equal(1, times));
    }

    [Fact]
    public async Task BothDown_EndsAsExpired_ThenHeals()
    {
        await using var bench = new BacklogHarness(configure: static o => o.RecordTtl = TimeSpan.FromSeconds(10));
        await bench.DriveAsync(await bench.PutAsync(PipelineHarness.Record(9_000), BacklogHarness.Persisted));
        SpillTests.TakeDown(bench);
        bench.Store.IsDown = true;

        var results = await bench.DriveAsync(await bench.PutAsync(PipelineHarness.Records(100), BacklogHarness.Persisted), stepMs: 20);

        Assert.All(results, static r => Assert.Equal(RecordErrorCodes.Expired, r.ErrorCode));
        bench.Store.IsDown = false;
        SpillTests.BringUp(bench);
        await bench.PassAsync(TimeSpan.FromSeconds(3), stepMs: 20);
        Assert.Equal(new StreamLedger(101, 1, 100, 0, 0, 0, 0), bench.Ledger);
        Assert.Single(bench.Seen);
    }

    [Fact]
    public async Task StoreBack_BeforeTheTimeToLiveEnds_EndsAsPersisted()
    {
        await using var bench = new BacklogHarness(configure: static o => o.RecordTtl = TimeSpan.FromSeconds(10));
        SpillTests.TakeDown(bench);
        bench.Store.IsDown = true;
        var delivery = await bench.PutAsync(PipelineHarness.Records(100), BacklogHarness.Persisted);
        await bench.PassAsync(TimeSpan.FromSeconds(5), stepMs: 20);
        bench.Store.IsDown = false;

        var results = await bench.DriveAsync(delivery, stepMs: 20);

        Assert.All(results, static r => Assert.Equal(RecordStatus.Persisted, r.Status));
        SpillTests.BringUp(bench);
        await bench.DriveUntilAsync(() => bench.Ledger.Delivered == 100, stepMs: 20);
    }

    [Fact]
    public async Task StoreFull_FailsWithItsCode_WhereKinesisDoesNotTakeThemEither()
    {
        await using var bench = new BacklogHarness(configure: static o => o.RecordTtl = TimeSpan.FromSeconds(5));
        await bench.DriveAsync(await bench.PutAsync(PipelineHarness.Record(9_000), BacklogHarness.Persisted));
        SpillTests.TakeDown(bench);
        bench.Store.IsFull = true;

        var first = await bench.DriveAsync(await bench.PutAsync(PipelineHarness.Records(100), BacklogHarness.Persisted), stepMs: 20);
        var second = await bench.DriveAsync(await bench.PutAsync(PipelineHarness.Records(100), BacklogHarness.Persisted), stepMs: 20);

        Assert.All(first.Concat(second), static r => Assert.Equal(RecordErrorCodes.BacklogFull, r.ErrorCode));
        bench.Store.IsFull = false;
        await bench.PassAsync(TimeSpan.FromSeconds(2), stepMs: 20);
        var third = await bench.DriveAsync(await bench.PutAsync(PipelineHarness.Records(100), BacklogHarness.Persisted), stepMs: 20);
        Assert.All(third, static r => Assert.Equal(RecordStatus.Persisted, r.Status));
    }

    [Fact]
    public async Task Quota_FailsWithItsCode_AndHealsAsSegmentsGo()
    {
        await using var bench = new BacklogHarness(configure: static o =>
        {
            o.RecordTtl = TimeSpan.FromSeconds(5);
            o.BacklogMaxBytes = 1 << 20;
        });
        SpillTests.TakeDown(bench);
        var random = new Random(1);
        var statuses = new List<RecordResult>();
        for (var i = 0; i < 4; i++)
        {
            var batch = Enumerable.Range(0, 400).Select(n => new UserRecord($"{n}", Bytes(random, 1_000))).ToArray();
            statuses.AddRange(await bench.DriveAsync(await bench.PutAsync(batch, BacklogHarness.Persisted), stepMs: 20));
        }

        Assert.Contains(statuses, static r => r.Status == RecordStatus.Persisted);
        Assert.Contains(statuses, static r => r.ErrorCode == RecordErrorCodes.BacklogFull);
        Assert.InRange(bench.Backlog.Status.Bytes, 1 << 20, 2 << 20);
        SpillTests.BringUp(bench);
        await bench.DriveUntilAsync(() => bench.Ledger.InBacklog == 0, stepMs: 20);
        var later = await bench.DriveAsync(await bench.PutAsync(PipelineHarness.Record(1), BacklogHarness.Persisted));
        Assert.Equal(RecordStatus.Persisted, later.Status);
    }

    [Fact]
    public async Task LostAcknowledgements_WriteNothingTwice()
    {
        await using var bench = new BacklogHarness();
        await bench.DriveAsync(await bench.PutAsync(PipelineHarness.Record(9_000), BacklogHarness.Persisted));
        bench.Store.LosesAcknowledgements = true;
        var delivery = await bench.PutAsync(PipelineHarness.Records(100), BacklogHarness.Persisted);
        await bench.PassAsync(TimeSpan.FromMilliseconds(500));
        Assert.False(delivery.IsCompleted);
        bench.Store.LosesAcknowledgements = false;

        var results = await bench.DriveAsync(delivery);

        Assert.All(results, static r => Assert.Equal(RecordStatus.Persisted, r.Status));
        await bench.DriveUntilAsync(() => bench.Ledger.Delivered == 101);
        Assert.All(bench.Seen.Values, static times => Assert.Equal(1, times));
    }

    [Fact]
    public async Task Fenced_StopsAtOnce_SaysSo_AndGoesOnWithoutABacklog()
    {
        await using var bench = new BacklogHarness();
        SpillTests.TakeDown(bench);
        await bench.DriveAsync(await bench.PutAsync(PipelineHarness.Records(100), BacklogHarness.Persisted));
        await using var other = await bench.Store.OpenAsync(BacklogHarness.Stream, SegmentLogKind.Records, TestContext.Current.CancellationToken);
        SpillTests.BringUp(bench);

        var result = await bench.DriveAsync(await bench.PutAsync(PipelineHarness.Record(7_000), BacklogHarness.Persisted));

        Assert.Equal(RecordStatus.Delivered, result.Status);
        Assert.True(bench.Backlog.IsStopped);
        Assert.Contains(bench.Events.Said, static s => s.StartsWith("backlog fenced", StringComparison.Ordinal));
        var appends = bench.Store.AppendCount;
        await bench.DriveAsync(await bench.PutAsync(PipelineHarness.Record(7_001), BacklogHarness.Persisted));
        Assert.Equal(appends, bench.Store.AppendCount);
        await bench.PassAsync(TimeSpan.FromSeconds(1));
        bench.CheckBooks();
        Assert.Equal(0, bench.Ledger.InBacklog);
    }

    private static void Break(BacklogHarness bench, bool hangs)
    {
        if (hangs)
            bench.Store.Hang();
        else
            bench.Store.IsDown = true;
    }

    private static void Mend(BacklogHarness bench)
    {
        bench.Store.IsDown = false;
        bench.Store.Release();
    }

    internal static byte[] Bytes(Random random, int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }
}
