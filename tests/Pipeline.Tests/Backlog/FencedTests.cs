using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.Tests.Simulation;

namespace Orleans.Kpl.Pipeline.Tests.Backlog;

/// <summary>The log of a process that lives is taken by another one: a new log follows.</summary>
public sealed class FencedTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task Fenced_WhereLogsBeginAnew_GoesOnWithANewLog(int maxAppends)
    {
        await using var bench = new BacklogHarness(wrap: static s => new AnewStore(s));
        bench.Store.MaxAppends = maxAppends;
        SpillTests.TakeDown(bench);
        await bench.DriveAsync(await bench.PutAsync(PipelineHarness.Records(100), BacklogHarness.Persisted));
        await using var other = await bench.Store.OpenAsync(AnewStore.NameOf(0), SegmentLogKind.Records, TestContext.Current.CancellationToken);

        // These meet the fence: nobody has them but this process, so they end when Kinesis has them.
        var unacknowledged = await bench.PutAsync([.. Enumerable.Range(1_000, 50).Select(static i => PipelineHarness.Record(i, 20_000))], BacklogHarness.Persisted);
        await bench.DriveUntilAsync(() => bench.Events.Said.Any(static s => s.StartsWith("backlog fenced", StringComparison.Ordinal)));
        await bench.DriveUntilAsync(() => !bench.Backlog.IsStopped && bench.Backlog.TakesMore);
        var persisted = await bench.DriveAsync(await bench.PutAsync([.. PipelineHarness.Records(200).Skip(150)], BacklogHarness.Persisted));
        Assert.All(persisted, static r => Assert.Equal(RecordStatus.Persisted, r.Status));
        Assert.NotEmpty(bench.Store.SegmentsOf(AnewStore.NameOf(1)));

        SpillTests.BringUp(bench);
        Assert.All(await bench.DriveAsync(unacknowledged), static r => Assert.True(r.IsSuccess, r.ToString()));
        await bench.DriveUntilAsync(() => bench.Ledger is { InFlight: 0, InBacklog: 0 });
        // What was in the lost log is the other's to deliver; some of it was in memory here and was delivered all the same.
        Assert.Equal(200, bench.Ledger.Accepted);
        Assert.Equal(200, bench.Ledger.Delivered + bench.Ledger.Unknown);
        Assert.InRange(bench.Ledger.Delivered, 100, 200);
    }

    [Fact]
    public async Task Fenced_AgainAndAgain_EachTimeANewLogFollows()
    {
        await using var bench = new BacklogHarness(wrap: static s => new AnewStore(s));
        for (var round = 0; round < 5; round++)
        {
            await bench.DriveUntilAsync(() => bench.Producer.Find(BacklogHarness.Stream)?.Backlog is null || bench.Backlog.TakesMore);
            Assert.Equal(RecordStatus.Persisted, (await bench.DriveAsync(await bench.PutAsync(PipelineHarness.Record(round), BacklogHarness.Persisted))).Status);
            await using var other = await bench.Store.OpenAsync(AnewStore.NameOf(round), SegmentLogKind.Records, TestContext.Current.CancellationToken);
            Assert.True((await bench.DriveAsync(await bench.PutAsync(PipelineHarness.Record(100 + round), BacklogHarness.Persisted))).IsSuccess);
        }

        await bench.DriveUntilAsync(() => bench.Ledger is { InFlight: 0, InBacklog: 0 });
        Assert.Equal(10, bench.Ledger.Delivered + bench.Ledger.Unknown);
        Assert.Equal(10, bench.Seen.Count);
    }

    [Fact]
    public async Task Fenced_WhileTheStoreIsDown_OpensANewLogWhenItIsBack()
    {
        AnewStore? store = null;
        await using var bench = new BacklogHarness(wrap: s => store = new AnewStore(s));
        await bench.DriveAsync(await bench.PutAsync(PipelineHarness.Record(1), BacklogHarness.Persisted));
        store!.Refuses = true;
        await using var other = await bench.Store.OpenAsync(AnewStore.NameOf(0), SegmentLogKind.Records, TestContext.Current.CancellationToken);
        await bench.DriveAsync(await bench.PutAsync(PipelineHarness.Record(2), BacklogHarness.Persisted));
        await bench.PassAsync(TimeSpan.FromSeconds(5));
        Assert.True((await bench.DriveAsync(await bench.PutAsync(PipelineHarness.Record(3), BacklogHarness.Persisted))).IsSuccess);
        Assert.False(bench.Backlog.TakesMore);
        store.Refuses = false;
        await bench.DriveUntilAsync(() => bench.Backlog.TakesMore);

        Assert.Equal(RecordStatus.Persisted, (await bench.DriveAsync(await bench.PutAsync(PipelineHarness.Record(4), BacklogHarness.Persisted))).Status);
        await bench.DriveUntilAsync(() => bench.Ledger is { InFlight: 0, InBacklog: 0 });
        Assert.Equal(4, bench.Seen.Count);
    }
}
