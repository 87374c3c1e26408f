using Orleans.Kpl.Pipeline.Backlog.Logs;

namespace Orleans.Kpl.Pipeline.Tests.Backlog.Delivering;

/// <summary>On an ordered stream a record of the backlog goes back to the store only where everything behind it does.</summary>
public sealed class SegmentCommitsTests
{
    [Fact]
    public async Task Acknowledged_Late_PersistsWhatWasNotDeliveredMeanwhile()
    {
        var (harness, results) = await DownAsync(inOrder: false, "a", "b");
        Assert.Equal(["a", "b"], harness.Out);
        harness.Deliver();

        harness.Store.Release();
        await harness.PassAsync(1_100);

        Assert.Equal([RecordStatus.Delivered, RecordStatus.Persisted], results.Select(static r => r.Result.Status));
        Assert.Equal(["b"], harness.Out);
        Assert.Equal(new StreamLedger(2, 1, 0, 0, 0, 1, 0), harness.Ledger.Read());
        harness.Deliver();
        await harness.PassAsync(300);
        Assert.True(harness.Backlog.Logs.IsEmpty);
    }

    [Fact]
    public async Task NotWritten_LetsRecordsOutForTheirCallers_OnTheirOwnTerms()
    {
        var (harness, results) = await DownAsync(inOrder: false, "a");
        harness.Fail("Invalid");

        Assert.Equal("Invalid", (await results[0]).ErrorCode);
        Assert.Equal(new StreamLedger(1, 0, 1, 0, 0, 0, 0), harness.Ledger.Read());
        Assert.Equal(0, harness.Memory.Bytes);

        // The store has it after all: nothing of it is left to do.
        harness.Store.Release();
        await harness.PassAsync(1_100);
        Assert.Empty(harness.Out);
        Assert.True(harness.Backlog.Logs.IsEmpty);
    }

    [Fact]
    public async Task InOrder_WhatIsWrittenWhileOlderRecordsWaitInTheStore_StaysThere()
    {
        var harness = new LoneBacklogHarness(static o => o.Ordered = OrderedMode.PutRecords);
        await PutAsync(harness, "a");
        harness.Fail(RecordErrorCodes.Expired);
        Assert.True(harness.Backlog.State.MustGoBehind);

        await PutAsync(harness, "b");

        Assert.Empty(harness.Out);
        await harness.PassAsync(1_500);
        Assert.Equal(["a", "b"], harness.Out);
    }

    /// <summary>It would be overtaken in its own segment.</summary>
    [Fact]
    public async Task InOrder_WhatWasPutBehindASpilledRecord_IsNotLetOutBeforeIt()
    {
        var harness = await LoneBacklogHarness.OpenAsync(static o => (o.Ordered, o.HighWaterMode) = (OrderedMode.PutRecords, HighWaterMode.Spill));
        _ = harness.Put("a");
        _ = harness.Put("b", BacklogUse.InNeed, spills: true);
        _ = harness.Put("c");

        Assert.Equal(["a", "b", "c"], await harness.DeliverAllAsync(2_000));
        Assert.Equal(1, harness.Store.AppendCount);
        Assert.Equal(0, harness.Memory.Bytes);
    }

    /// <summary>Were it the store's by then, it would go back there, and newer ones would overtake it.</summary>
    [Fact]
    public async Task InOrder_WhatWentAheadOfItsAcknowledgement_EndsWithItsTimeToLive()
    {
        var (harness, results) = await DownAsync(inOrder: true, "a", "b");
        harness.Store.Release();
        await harness.PassAsync(1_100);
        Assert.All(results, static r => Assert.False(r.IsCompleted));
        harness.Fail(RecordErrorCodes.Expired);
        harness.Deliver();
        await harness.PassAsync(1_500);

        Assert.Equal([RecordErrorCodes.Expired, null], results.Select(static r => r.Result.ErrorCode));
        Assert.Empty(harness.Out);
        Assert.Equal(new StreamLedger(2, 1, 1, 0, 0, 0, 0), harness.Ledger.Read());
        Assert.True(harness.Backlog.Logs.IsEmpty);
    }

    /// <summary>Its caller waits for the outcome: it is told, and is no dead letter.</summary>
    [Fact]
    public async Task InOrder_WhatWentAheadOfItsAcknowledgement_IsToldThatKinesisRefusesIt()
    {
        var (harness, results) = await DownAsync(inOrder: true, "a");
        harness.Store.Release();
        await harness.PassAsync(1_100);
        harness.Fail("InvalidArgumentException");
        await harness.PassAsync(300);

        Assert.Equal("InvalidArgumentException", (await results[0]).ErrorCode);
        Assert.Equal(new StreamLedger(1, 0, 1, 0, 0, 0, 0), harness.Ledger.Read());
        Assert.True(harness.Backlog.Logs.IsEmpty);
    }

    [Fact]
    public async Task StateChanged_TellsOperators_OfTheFirstTroubleAndOfItsEnd()
    {
        var (harness, _) = await DownAsync(inOrder: false, "a");
        Assert.NotNull(harness.Backlog.Status.StoreError);
        harness.Store.Release();
        await harness.PassAsync(1_100);

        Assert.Null(harness.Backlog.Status.StoreError);
        Assert.Equal(["backlog down", "backlog up"], harness.Events.Said.Select(static s => string.Join(' ', s.Split(' ')[..2])));
    }

    private static async Task<Task<RecordResult>[]> PutAsync(LoneBacklogHarness harness, params string[] keys)
    {
        await harness.Backlog.Logs.Open();
        Task<RecordResult>[] results = [.. keys.Select(k => harness.Put(k))];
        await harness.PassAsync(50);
        return results;
    }

    /// <summary>The store has been silent about those records for so long that they are out without it.</summary>
    private static async Task<(LoneBacklogHarness Harness, Task<RecordResult>[] Results)> DownAsync(bool inOrder, params string[] keys)
    {
        var harness = await LoneBacklogHarness.OpenAsync(o => o.Ordered = inOrder ? OrderedMode.PutRecords : OrderedMode.Off);
        harness.Store.Hang();
        var results = await PutAsync(harness, keys);
        await harness.PassAsync(2_100);
        return (harness, results);
    }
}
