namespace Orleans.Kpl.Pipeline.Tests.Backlog.Delivering;

public sealed class SegmentCommitsTests
{
    [Fact]
    public async Task Acknowledged_AnswersCallers_AndLetsTheirRecordsOut()
    {
        var harness = new LoneBacklogHarness();
        var results = await PutAsync(harness, "a", "b", "c");

        Assert.All(results, static r => Assert.Equal(RecordStatus.Persisted, r.Result.Status));
        Assert.Equal(["a", "b", "c"], harness.Out);
        Assert.Equal(new StreamLedger(3, 0, 0, 0, 0, 3, 0), harness.Ledger.Read());
    }

    [Fact]
    public async Task Acknowledged_Late_PersistsWhatWasNotDeliveredMeanwhile()
    {
        var harness = await DownAsync("a", "b");
        Assert.Equal(["a", "b"], harness.Harness.Out);
        harness.Harness.Deliver();

        harness.Harness.Store.Release();
        await harness.Harness.PassAsync(1_100);

        Assert.Equal([RecordStatus.Delivered, RecordStatus.Persisted], harness.Results.Select(static r => r.Result.Status));
        Assert.Equal(["b"], harness.Harness.Out);
        Assert.Equal(new StreamLedger(2, 1, 0, 0, 0, 1, 0), harness.Harness.Ledger.Read());
        harness.Harness.Deliver();
        await harness.Harness.PassAsync(300);
        Assert.True(harness.Harness.Storage.Logs.IsEmpty);
    }

    [Fact]
    public async Task NotWritten_LetsRecordsOutForTheirCallers_OnTheirOwnTerms()
    {
        var harness = await DownAsync("a");
        harness.Harness.Fail("Invalid");

        Assert.Equal("Invalid", (await harness.Results[0]).ErrorCode);
        Assert.Equal(new StreamLedger(1, 0, 1, 0, 0, 0, 0), harness.Harness.Ledger.Read());
        Assert.Equal(0, harness.Harness.Memory.Bytes);

        // The store has it after all: nothing of it is left to do.
        harness.Harness.Store.Release();
        await harness.Harness.PassAsync(1_100);
        Assert.Empty(harness.Harness.Out);
        Assert.True(harness.Harness.Storage.Logs.IsEmpty);
    }

    [Fact]
    public async Task InOrder_WhatIsWrittenWhileOlderRecordsWaitInTheStore_StaysThere()
    {
        var harness = new LoneBacklogHarness(static o => o.Ordered = OrderedMode.PutRecords);
        await PutAsync(harness, "a");
        harness.Fail(RecordErrorCodes.Expired);
        Assert.True(harness.Backlog.MustGoBehind);

        await PutAsync(harness, "b");

        Assert.Empty(harness.Out);
        await harness.PassAsync(1_500);
        Assert.Equal(["a", "b"], harness.Out);
    }

    [Fact]
    public async Task StateChanged_TellsOperators_OfTheFirstTroubleAndOfItsEnd()
    {
        var harness = (await DownAsync("a")).Harness;
        Assert.NotNull(harness.Backlog.Status.StoreError);
        harness.Store.Release();
        await harness.PassAsync(1_100);

        Assert.Null(harness.Backlog.Status.StoreError);
        Assert.Equal(["backlog down", "backlog up"], harness.Events.Said.Select(static s => string.Join(' ', s.Split(' ')[..2])));
    }

    private static async Task<Task<RecordResult>[]> PutAsync(LoneBacklogHarness harness, params string[] keys)
    {
        await harness.Storage.Logs.Open();
        Task<RecordResult>[] results = [.. keys.Select(k => harness.Put(k))];
        await harness.PassAsync(50);
        return results;
    }

    /// <summary>The store has been silent about those records for so long that they are out without it.</summary>
    private static async Task<(LoneBacklogHarness Harness, Task<RecordResult>[] Results)> DownAsync(params string[] keys)
    {
        var harness = new LoneBacklogHarness();
        await harness.Storage.Logs.Open();
        harness.Store.Hang();
        var results = await PutAsync(harness, keys);
        await harness.PassAsync(2_100);
        return (harness, results);
    }
}
