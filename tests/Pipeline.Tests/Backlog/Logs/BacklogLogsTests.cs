namespace Orleans.Kpl.Pipeline.Tests.Backlog.Logs;

public sealed class BacklogLogsTests
{
    /// <summary>The store was away for a moment, and was told as away for as long as the process ran; or each try told it anew.</summary>
    [Theory]
    [InlineData(10)]
    [InlineData(5_000)]
    public async Task Open_WhileTheStoreRefuses_TriesAgain_AndTellsOnce(int milliseconds)
    {
        var harness = new LoneBacklogHarness();
        harness.Store.IsDown = true;
        var opening = harness.Backlog.Logs.Open();
        await harness.PassAsync(milliseconds);
        Assert.False(opening.IsCompleted);
        Assert.NotNull(harness.Backlog.State.StoreError);
        Assert.Equal(["backlog down the store is down"], harness.Events.Said);

        harness.Store.IsDown = false;
        await harness.PassAsync(1_005);

        Assert.True(opening.IsCompletedSuccessfully && harness.Backlog.Logs.HasOwn);
        Assert.Same(opening, harness.Backlog.Logs.Open());
        Assert.Null(harness.Backlog.State.StoreError);
        Assert.Equal(["backlog down the store is down", "backlog up"], harness.Events.Said);
    }

    [Fact]
    public async Task Adopt_OfAnEmptyLog_EndsAtOnce()
    {
        var harness = await LoneBacklogHarness.OpenAsync();
        var adopted = harness.Backlog.Logs.AdoptAsync(await harness.LeftLogAsync());
        await PipelineHarness.SettleAsync();

        Assert.True(adopted.IsCompletedSuccessfully, "an empty log was waited for");
    }

    /// <summary>All that waits is counted before any of it is read.</summary>
    [Fact]
    public async Task Adopt_CountsWhatIsThere_AndEndsWithTheLastRecord()
    {
        var harness = await LoneBacklogHarness.OpenAsync();
        var adopted = harness.Backlog.Logs.AdoptAsync(await harness.LeftLogAsync("a", "b"));
        Assert.Equal((2, false), (harness.Backlog.Logs.Segments, harness.Backlog.Logs.IsEmpty));
        Assert.Equal((2, 2, 2), (harness.Ledger.Read().InBacklog, harness.Backlog.Status.Records, harness.Backlog.Status.Segments));

        await harness.PassAsync(100);
        harness.Deliver();
        await harness.PassAsync(100);
        Assert.False(adopted.IsCompleted);
        harness.Deliver();
        await harness.PassAsync(100);

        Assert.True(adopted.IsCompletedSuccessfully);
        Assert.Equal((0, 0L), (harness.Backlog.Logs.Segments, harness.Backlog.Logs.Bytes));
        Assert.Equal(new StreamLedger(2, 2, 0, 0, 0, 0, 0), harness.Ledger.Read());
    }

    /// <summary>Nobody opens it again: what is left in it then would stay there.</summary>
    [Fact]
    public async Task Adopt_WhileTheStoreIsDown_EndsWhenNothingIsLeftInTheLog()
    {
        var (harness, store) = (new LoneBacklogHarness(), new MemoryBacklogStore());
        var adopted = await DeliverOneOfDownAsync(harness, store);
        await harness.PassAsync(3_000);
        Assert.False(adopted.IsCompleted);

        store.IsDown = false;
        await harness.PassAsync(1_005);

        Assert.True(adopted.IsCompletedSuccessfully);
        Assert.Empty(store.SegmentsOf("left"));
    }

    [Fact]
    public async Task Adopt_WhoseStoreStaysDown_EndsUnfinishedWithTheProcess()
    {
        var (harness, store) = (new LoneBacklogHarness(), new MemoryBacklogStore());
        var adopted = await DeliverOneOfDownAsync(harness, store);
        await harness.PassAsync(100);
        await harness.Backlog.CloseAsync();
        await harness.PassAsync(100);

        await Assert.ThrowsAsync<ObjectDisposedException>(() => adopted);
    }

    /// <summary>Nothing of that log is tried here again: health and the alert told of a store that cannot be used for as long as the process ran.</summary>
    [Fact]
    public async Task Adopt_WhoseProgressCouldNotBeSaved_TellsNothingMoreOfTheStore_WhenAnotherHasTheLog()
    {
        var (harness, store) = (new LoneBacklogHarness(), new MemoryBacklogStore());
        var adopted = await DeliverOneOfDownAsync(harness, store);
        await harness.PassAsync(500);
        Assert.NotNull(harness.Backlog.Status.StoreError);

        store.IsDown = false;
        store.TakeOver("left");
        await harness.PassAsync(1_500);

        await Assert.ThrowsAsync<BacklogFencedException>(() => adopted);
        Assert.Null(harness.Backlog.Status.StoreError);
        Assert.Equal("backlog up", harness.Events.Said.Last());
        Assert.False(harness.Backlog.State.IsStopped);
    }

    /// <summary>The other one delivers the record whose dead letter was refused.</summary>
    [Fact]
    public async Task Adopt_WhoseDeadLetterWasRefused_TellsNothingMoreOfTheStore_WhenAnotherHasTheLog()
    {
        var (harness, store) = (new LoneBacklogHarness(deadLetters: new NoDeadLetters()), new MemoryBacklogStore());
        await harness.Backlog.Logs.Open();
        var adopted = harness.Backlog.Logs.AdoptAsync(await harness.LeftLogAsync(store, "a", "b"));
        await harness.PassAsync(100);
        harness.Fail("InvalidArgumentException");
        await harness.PassAsync(100);
        Assert.Equal("nobody keeps them", harness.Backlog.Status.StoreError);

        store.TakeOver("left");
        harness.Deliver();
        await harness.PassAsync(1_500);

        await Assert.ThrowsAsync<BacklogFencedException>(() => adopted);
        Assert.Null(harness.Backlog.Status.StoreError);
    }

    /// <summary>Nobody answers for an empty one any more. With another one the next process goes on.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Close_TellsTheStore_WhetherTheOwnLogIsEmpty(bool isEmpty)
    {
        var harness = await StopWithOneAsync();
        if (isEmpty)
            harness.Deliver();
        else
            harness.Fail(RecordErrorCodes.Shutdown);

        await harness.Backlog.CloseAsync();

        Assert.Equal([isEmpty], harness.Store.LetGo);
    }

    /// <summary>Its row went, and segments that nobody needs stayed in the store (seed 1066010848).</summary>
    [Fact]
    public async Task Close_WhereDeliveredSegmentsCouldNotBeRemoved_LeavesTheLogToTheNextProcess()
    {
        var harness = await StopWithOneAsync();
        harness.Deliver();
        harness.Store.IsDown = true;

        await harness.Backlog.CloseAsync();

        Assert.Equal([false], harness.Store.LetGo);
        Assert.Single(harness.Store.SegmentsOf(MemoryBacklogStore.NameOf(0)));
    }

    [Fact]
    public async Task WriteUnits_OfALogThatIsFenced_StayCounted()
    {
        var harness = new LoneBacklogHarness();
        harness.Store.WriteUnits = 5;
        await harness.Backlog.Logs.Open();
        var units = harness.Backlog.Logs.WriteUnits;
        Assert.True(units > 0);
        harness.Store.TakeOver(LoneBacklogHarness.Stream);
        _ = harness.Put("a");
        await harness.PassAsync(100);

        Assert.True(harness.Backlog.State.IsStopped);
        Assert.Equal(units, harness.Backlog.Logs.WriteUnits);
    }

    [Fact]
    public async Task Close_LetsGoOfAdoptedLogs_UnfinishedWhereRecordsAreLeft()
    {
        var harness = await LoneBacklogHarness.OpenAsync();
        var adopted = harness.Backlog.Logs.AdoptAsync(await harness.LeftLogAsync("a"));
        _ = harness.Backlog.DrainAsync();
        await harness.PassAsync(100);

        await harness.Backlog.CloseAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => adopted);
        Assert.Equal(0, harness.Backlog.Logs.Segments);
    }

    /// <summary>Whoever took the log over, and opened it for long, waited for ever: nobody closes it with the others any more.</summary>
    [Fact]
    public async Task Adopt_OnceTheLogsAreClosed_EndsUnfinished()
    {
        var harness = await LoneBacklogHarness.OpenAsync();
        harness.Backlog.BeginStop();
        await harness.Backlog.CloseAsync();

        var adopted = harness.Backlog.Logs.AdoptAsync(await harness.LeftLogAsync("a"));
        await harness.PassAsync(100);

        Assert.True(adopted.IsCompleted);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => adopted);
        Assert.Equal(0, harness.Backlog.Logs.Segments);
    }

    /// <summary>The one record of a log that was taken over is delivered, and its store is down by then.</summary>
    private static async Task<Task> DeliverOneOfDownAsync(LoneBacklogHarness harness, MemoryBacklogStore store)
    {
        await harness.Backlog.Logs.Open();
        var adopted = harness.Backlog.Logs.AdoptAsync(await harness.LeftLogAsync(store, "a"));
        await harness.PassAsync(100);
        store.IsDown = true;
        harness.Deliver();
        return adopted;
    }

    /// <summary>A keeper of dead letters that keeps none.</summary>
    private sealed class NoDeadLetters : IDeadLetters
    {
        public Task AddAsync(IReadOnlyList<DeadLetter> letters, CancellationToken cancellationToken) =>
            Task.FromException(new BacklogStoreException("nobody keeps them"));
    }

    /// <summary>The process begins to stop with a record out.</summary>
    private static async Task<LoneBacklogHarness> StopWithOneAsync()
    {
        var harness = new LoneBacklogHarness();
        harness.Store.BeginsAnew = true;
        _ = harness.Put("a");
        await harness.PassAsync(100);
        harness.Backlog.BeginStop();
        _ = harness.Backlog.DrainAsync();
        return harness;
    }
}
