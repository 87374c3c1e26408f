namespace Orleans.Kpl.Pipeline.Tests.Backlog.Delivering;

public sealed class BacklogReplaySourceTests
{
    [Fact]
    public async Task TryLetOut_LeavesMostOfTheMemoryToLiveRecords_ButForAProbe()
    {
        var harness = await LoneBacklogHarness.OpenAsync(static o => o.MaxOutstandingBytes = 4 << 20);
        harness.Memory.Charge(2 << 20, 1);
        _ = harness.Backlog.Logs.AdoptAsync(await harness.LeftLogAsync("a", "b"));
        await harness.PassAsync(200);
        Assert.Equal(["a"], harness.Out);

        harness.Memory.Release(2 << 20, 1);
        await harness.PassAsync(50);
        Assert.Equal(["a", "b"], harness.Out);
    }

    /// <summary>It waited until the traffic paused, and everything behind it too.</summary>
    [Fact]
    public async Task TryLetOut_OfARecordThatIsMostOfTheMemory_ExceedsTheLimitOfTrafficThatNeverPauses()
    {
        var harness = await LoneBacklogHarness.OpenAsync(static o => o.MaxOutstandingBytes = 1 << 20);
        harness.Memory.Charge(600 << 10, 1);
        var left = await LeftLog.OfAsync(
            new MemoryBacklogStore(), [[new UserRecord("large", new byte[600 << 10])], [new UserRecord("next", new byte[1])]], harness.Time.GetUtcNow());
        _ = harness.Backlog.Logs.AdoptAsync(left);
        await harness.PassAsync(50);
        Assert.Equal(["large"], harness.Out);

        harness.Deliver();
        await harness.PassAsync(50);
        Assert.Equal(["next"], harness.Out);
        Assert.InRange(harness.Memory.Bytes, 600 << 10, 610 << 10);
    }

    [Fact]
    public async Task Replay_OfASegmentThatCannotBeRead_GoesOnWithTheNext()
    {
        var harness = await LoneBacklogHarness.OpenAsync();
        var log = await harness.LeftLogAsync("a", "b", "c");
        await log.SetAsideAsync(log.Found[1].Number, default);
        _ = harness.Backlog.Logs.AdoptAsync(log);
        await harness.PassAsync(50);
        harness.Deliver();
        await harness.PassAsync(50);

        Assert.Equal(["c"], harness.Out);
        Assert.Equal(1, harness.Backlog.Status.DamagedSegments);
    }

    /// <summary>It was told as gone, and nobody moved it any more: the store was told as unusable for as long as the process lived.</summary>
    [Fact]
    public async Task Replay_OfADamagedSegmentWhoseMoveGotNoAnswer_TellsWhatIsWrong_AndTheStoreIsWellAgain()
    {
        var harness = await LoneBacklogHarness.OpenAsync();
        var store = new MemoryBacklogStore();
        var left = await harness.LeftLogAsync(store, "a", "b");
        store.Damage("left", SegmentLogKind.Records);
        store.LosesAnswerOf(StoreCallKind.SetAside);
        _ = harness.Backlog.Logs.AdoptAsync(left);
        await harness.PassAsync(50);
        Assert.NotNull(harness.Backlog.Status.StoreError);
        await harness.PassAsync(1_100);

        Assert.Equal(["b"], harness.Out);
        Assert.Equal(1, harness.Backlog.Status.DamagedSegments);
        Assert.Null(harness.Backlog.Status.StoreError);
        var said = Assert.Single(harness.Events.Said, static s => s.StartsWith("set aside", StringComparison.Ordinal));
        Assert.DoesNotContain("gone", said, StringComparison.Ordinal);
    }
}
