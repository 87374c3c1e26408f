using System.Globalization;

namespace Orleans.Kpl.Pipeline.Tests.Backlog;

/// <summary>A stream whose store falls silent once its log is open.</summary>
public sealed class StoreSilenceTests
{
    [Theory]
    [InlineData(OrderedMode.Off, false)]
    [InlineData(OrderedMode.PutRecords, false)]
    [InlineData(OrderedMode.PutRecords, true)]
    [InlineData(OrderedMode.PutRecord, true)]
    public async Task StoreSilent_OnceOpen_LaterRecordsAreDeliveredInOrder(OrderedMode mode, bool hangs)
    {
        await using var harness = await OpenAsync(mode);
        Silence(harness, hangs);
        var deliveries = new List<Task<RecordResult>>();
        for (var i = 0; i < 60; i++)
        {
            var options = i % 3 == 2 ? null : BacklogHarness.Persisted;
            deliveries.Add(PutAsync(harness, i, options));
            await harness.PassAsync(TimeSpan.FromMilliseconds(i < 30 ? 20 : 200), stepMs: 20);
        }

        await harness.PassAsync(TimeSpan.FromSeconds(10), stepMs: 20);

        Assert.All(deliveries, d => Assert.True(d.IsCompleted, $"{harness.Ledger} {harness.Backlog.Status}"));
        Assert.All(deliveries, static d => Assert.Equal(RecordStatus.Delivered, d.Result.Status));
        if (mode != OrderedMode.Off)
            AssertInOrder(harness);
        harness.Store.IsDown = false;
        harness.Store.Release();
        await harness.DriveUntilAsync(() => harness.Backlog.State.TakesMore);
        Assert.Equal(RecordStatus.Persisted, (await harness.DriveAsync(PutAsync(harness, 60, BacklogHarness.Persisted))).Status);
        await harness.EndAllAsync();
        // Once the progress is saved, the next process knows that the late writes are done, and sends none of them.
        await harness.PassAsync(TimeSpan.FromSeconds(2));
        harness.Crash();
        await harness.PassAsync(TimeSpan.FromSeconds(2));
        Assert.All(harness.Kinesis.Records.CountBy(static r => r.Key), static times => Assert.Equal(1, times.Value));
    }

    [Theory]
    [InlineData(OrderedMode.Off, false)]
    [InlineData(OrderedMode.PutRecords, true)]
    public async Task StoreSilent_WithKinesisAway_RecordsEndWithinTheirTimeToLive_ThenItHeals(OrderedMode mode, bool hangs)
    {
        await using var harness = await OpenAsync(mode);
        harness.Kinesis.GoAway();
        Silence(harness, hangs);
        await PutUntilAllExpireAsync(harness, count: 20, every: TimeSpan.FromMilliseconds(300), end: TimeSpan.FromSeconds(15));
        harness.Store.IsDown = false;
        harness.Store.Release();
        harness.Kinesis.ComeBack();
        await harness.PassAsync(TimeSpan.FromSeconds(3), stepMs: 20);
        Assert.Equal(new StreamLedger(21, 1, 20, 0, 0, 0, 0), harness.Ledger);
        Assert.Single(harness.Seen);
    }

    /// <summary>What waits in the store goes first, and the store does not let it out: what came later waits, but not for ever.</summary>
    [Fact]
    public async Task StoreSilent_WhileOlderRecordsWaitInIt_LaterOnesEndWithinTheirTimeToLive()
    {
        await using var harness = await OpenAsync(OrderedMode.PutRecords);
        var adopting = await SilenceWithOlderAsync(harness);
        await PutUntilAllExpireAsync(harness, count: 10, every: TimeSpan.FromMilliseconds(500), end: TimeSpan.FromSeconds(20));
        harness.Store.Release();
        harness.Kinesis.ComeBack();
        await harness.DriveAsync(adopting, stepMs: 20);
        await harness.EndAllAsync();
        // The store has some of those by now. They ended, so they are not delivered.
        Assert.Equal((10, 5_001), (harness.Ledger.Failed, harness.Ledger.Delivered));
        Assert.Equal(0, harness.Kinesis.CountOf("late"));
    }

    /// <summary>
    /// Records end by segments: one with a shorter time-to-live ended with the others of its segment, also where they came before the store counted as down
    /// (seed 1066008038).
    /// </summary>
    [Theory]
    [InlineData(3_000)]
    [InlineData(400)]
    public async Task StoreSilent_WhileOlderRecordsWaitInIt_ShorterTimesToLiveEndByThemselves(int silentMs)
    {
        await using var harness = await OpenAsync(OrderedMode.PutRecords);
        var adopting = await SilenceWithOlderAsync(harness);
        _ = PutAsync(harness, 0, BacklogHarness.Persisted);
        await harness.PassAsync(TimeSpan.FromMilliseconds(silentMs), stepMs: 20);
        var deliveries = new List<Task<RecordResult>>();
        for (var i = 1; i < 10; i++)
        {
            var options = i % 3 == 0 ? BacklogHarness.Persisted with { TimeToLive = TimeSpan.FromMilliseconds(500) } : BacklogHarness.Persisted;
            deliveries.Add(PutAsync(harness, i, options));
            await harness.PassAsync(TimeSpan.FromMilliseconds(100), stepMs: 20);
        }

        await harness.PassAsync(TimeSpan.FromSeconds(5), stepMs: 20);

        Assert.Equal([2, 5, 8], Enumerable.Range(0, deliveries.Count).Where(i => deliveries[i].IsCompleted));
        harness.Store.Release();
        harness.Kinesis.ComeBack();
        await harness.DriveAsync(adopting, stepMs: 20);
        await harness.EndAllAsync();
    }

    /// <summary>They are in no engine. The gauge, the alert on old records and health said that there were none.</summary>
    [Fact]
    public async Task StoreDown_BeforeItIsOpen_ItIsToldHowLongTheRecordsWait()
    {
        await using var harness = new BacklogHarness(configure: static o => o.Ordered = OrderedMode.PutRecords);
        harness.Store.IsDown = true;
        await harness.OpenAsync();
        var delivery = await harness.PutAsync(PipelineHarness.Record(0), BacklogHarness.Persisted);
        await harness.PassAsync(TimeSpan.FromSeconds(5));

        Assert.Equal((1, false), (harness.Ledger.InFlight, delivery.IsCompleted));
        Assert.Equal(TimeSpan.FromSeconds(5), harness.Producer.OldestRecordAge);

        harness.Store.IsDown = false;
        await harness.DriveAsync(delivery);
        await harness.DriveUntilAsync(() => harness.Ledger.InBacklog == 0);
        Assert.Equal(TimeSpan.Zero, harness.Producer.OldestRecordAge);
    }

    private static async Task<BacklogHarness> OpenAsync(OrderedMode mode)
    {
        var harness = new BacklogHarness(shards: 2, configure: o =>
        {
            o.Ordered = mode;
            o.RecordTtl = TimeSpan.FromSeconds(10);
        });
        await harness.PersistAsync(PipelineHarness.Record(9_000));
        await harness.DriveUntilAsync(() => harness.Ledger.InBacklog == 0);
        return harness;
    }

    /// <summary>Kinesis is away, the store has 5,000 records of another process, and falls silent. The task completes when those are delivered.</summary>
    private static async Task<Task> SilenceWithOlderAsync(BacklogHarness harness)
    {
        harness.Kinesis.GoAway();
        var adopting = harness.Backlog.Logs.AdoptAsync(await LeftLog.OfAsync(new MemoryBacklogStore(), PipelineHarness.Records(5_000, 100).Chunk(100)));
        await harness.DriveUntilAsync(() => harness.Backlog.State.MustGoBehind);
        Silence(harness, hangs: true);
        return adopting;
    }

    private static void Silence(BacklogHarness harness, bool hangs)
    {
        harness.Store.IsDown = !hangs;
        if (hangs)
            harness.Store.Hang();
    }

    /// <summary>Puts records at a steady pace, lets time pass, and asserts that all have expired.</summary>
    private static async Task PutUntilAllExpireAsync(BacklogHarness harness, int count, TimeSpan every, TimeSpan end)
    {
        var deliveries = new List<Task<RecordResult>>();
        for (var i = 0; i < count; i++)
        {
            deliveries.Add(PutAsync(harness, i, BacklogHarness.Persisted));
            await harness.PassAsync(every, stepMs: 20);
        }

        await harness.PassAsync(end, stepMs: 20);

        Assert.All(deliveries, d => Assert.True(d.IsCompleted, $"{harness.Ledger} {harness.Backlog.Status}"));
        Assert.All(deliveries, static d => Assert.Equal(RecordErrorCodes.Expired, d.Result.ErrorCode));
    }

    private static async Task<RecordResult> PutAsync(BacklogHarness harness, int number, PutOptions? options) =>
        await (await harness.Producer.EnqueueAsync(BacklogHarness.Stream, new UserRecord($"late-{number}", "x"u8.ToArray()), options)).Delivery;

    private static void AssertInOrder(BacklogHarness harness) => Assert.NotEqual(0, InOrder.CheckRising(
        harness.Kinesis.Records.Where(static r => r.Key.StartsWith("late-", StringComparison.Ordinal)),
        static r => int.Parse(r.Key.AsSpan("late-".Length), CultureInfo.InvariantCulture)));
}
