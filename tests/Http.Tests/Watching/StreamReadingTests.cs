using Orleans.Kpl.Http.Watching;

namespace Orleans.Kpl.Http.Tests.Watching;

public sealed class StreamReadingTests
{
    private readonly FakeTimeProvider _time = new();

    /// <summary>After a silo was killed, its manager kept the page from showing anything for half a minute.</summary>
    [Fact]
    public async Task List_OfAManagerThatDoesNotAnswer_GoesOnAfterTwoSeconds_AndTakesTheAnswerThatComesLate()
    {
        var manager = new SlowStream();
        var reading = new StreamReading("orders", manager, new FakeBacklog(), _time);
        await UntilAsync(reading.ListIfDueAsync([]));
        Assert.Null(reading.Overview);
        Assert.Null(await reading.CountAsync());

        manager.Answer.SetResult(await new ListedStream().GetOverviewAsync("orders"));
        // Time stands still: two seconds of it would end the wait for the answer, which is on its way.
        await reading.ListIfDueAsync([]).WaitAsync(Waiting.Long);
        Assert.Equal("shard-0", Assert.Single(reading.Overview!.Shards).ShardId);
    }

    [Fact]
    public async Task List_OfAStreamThatIsNotThere_TellsSo_AndForgetsItsShards()
    {
        var manager = new SlowStream();
        var reading = new StreamReading("orders", manager, null, _time);
        manager.Answer.SetException(new StreamManagerException("ResourceNotFoundException", "no"));
        await UntilAsync(reading.ListIfDueAsync([]));
        Assert.Equal("ResourceNotFoundException", reading.Trouble!.Value.Code);
    }

    /// <summary>A page that was opened in an outage did not tell of the backlog, and so not that its disk was full.</summary>
    [Theory]
    [InlineData("ConnectionFailed", true)]
    [InlineData("ResourceNotFoundException", false)]
    public async Task Count_WhereTheShardsWereNeverRead_TellsOfTheBacklogOfAStreamThatMayBeThere(string code, bool isCounted)
    {
        var manager = new SlowStream();
        var reading = new StreamReading("orders", manager, new FakeBacklog(), _time);
        manager.Answer.SetException(new StreamManagerException(code, "no"));
        await UntilAsync(reading.ListIfDueAsync([]));
        Assert.Null(reading.Overview);
        Assert.Equal(isCounted, await reading.CountAsync() is not null);
    }

    /// <summary>The backlog has no sum without a silo that does not answer. The ledger has, and names it.</summary>
    [Fact]
    public async Task Count_WhereASilentSiloHidesTheBacklog_TellsTheLedger_AndWhyThereIsNoMore()
    {
        var backlog = new FakeBacklog { BacklogDefect = new StreamManagerException(StreamManagerErrorCodes.StateUnavailable, "S2 does not answer") };
        var reading = new StreamReading("orders", new ListedStream(), backlog, _time);
        await reading.ListIfDueAsync([]);
        var (books, waiting) = (await reading.CountAsync())!.Value;
        Assert.Equal((21, 2, null), (books.Ledger.Accepted, books.NotCovered.Count, waiting));
        Assert.Equal((StreamManagerErrorCodes.StateUnavailable, "S2 does not answer"), reading.Trouble);
    }

    /// <summary>A split that ended between two listings, and each decision, came to no page that was open.</summary>
    [Fact]
    public async Task List_AfterAChangeThatWasQuick_HasIt()
    {
        var manager = new ListedStream();
        var reading = new StreamReading("orders", manager, null, _time);
        await reading.ListIfDueAsync([]);
        Assert.Empty(reading.Operations);
        var split = new StreamOperation { Kind = StreamOperationKind.Split, State = OperationState.Done, StartedAt = _time.GetUtcNow(), Reason = "asked" };
        manager.History = [split];
        _time.Advance(TimeSpan.FromSeconds(10));
        await reading.ListIfDueAsync([]);
        Assert.Single(reading.Operations);
    }

    /// <summary>A page that was opened while the manager moved said that no failure is remembered, until one more record failed.</summary>
    [Theory]
    [InlineData(StreamManagerErrorCodes.ManagerUnavailable, 2)]
    [InlineData(RecordErrorCodes.ResourceNotFound, 1)]
    public async Task Page_ThatNobodyTold_IsAskedForAgain_UnlessThereIsNoStream(string code, int asked)
    {
        var manager = new BrokenStream { Defect = new StreamManagerException(code, "no") };
        var reading = new StreamReading("orders", manager, null, _time);
        await reading.PageAsync(1);
        await reading.PageAsync(1);
        Assert.Equal(asked, manager.Pages);
    }

    /// <summary>A silo counts a failure, and tells the manager of it afterwards: a page in between showed none until one more record failed.</summary>
    [Fact]
    public async Task Page_OfAFailureThatIsListedAfterItWasCounted_HasIt_AndIsNotAskedForAllTheTime()
    {
        var manager = new BrokenStream { Defect = null };
        var reading = new StreamReading("orders", manager, null, _time);
        await reading.PageAsync(1);
        Assert.Empty(reading.Failures.Groups);

        manager.Listed = [new FailedRecord { Number = 1, ErrorCode = "Expired", Status = RecordStatus.Failed, EndedAt = _time.GetUtcNow() }];
        await reading.PageAsync(1);
        Assert.Equal("Expired", Assert.Single(reading.Failures.Groups).Code);

        for (var look = 0; look < 100; look++)
            await reading.PageAsync(1);
        Assert.Equal(10, manager.Pages);
    }

    /// <summary>Nobody had events of the stream any more, until its last reader left: each look met the same failure.</summary>
    [Fact]
    public async Task AReading_ThatBreaks_IsBegunAnewByTheNextLook()
    {
        var (manager, backlog) = (new BrokenStream(), new FakeBacklog { Defect = new IOException("broken") });
        var reading = new StreamReading("orders", manager, backlog, _time);
        await Assert.ThrowsAsync<IOException>(() => reading.ListIfDueAsync([]));
        await Assert.ThrowsAsync<IOException>(() => reading.PageAsync(1));
        manager.Defect = null;
        _time.Advance(TimeSpan.FromSeconds(10));
        await reading.ListIfDueAsync([]);
        await reading.PageAsync(1);
        Assert.Equal("shard-0", Assert.Single(reading.Overview!.Shards).ShardId);

        await Assert.ThrowsAsync<IOException>(reading.CountAsync);
        backlog.Defect = null;
        Assert.NotNull(await reading.CountAsync());
    }

    private async Task UntilAsync(Task look) => await _time.PassUntilAsync(() => look.IsCompletedSuccessfully, TimeSpan.FromSeconds(1));

    private sealed class SlowStream : Identities.FakeStreamAdmin
    {
        public TaskCompletionSource<StreamOverview> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override Task<StreamOverview> GetOverviewAsync(string stream, CancellationToken cancellationToken = default) => Answer.Task;
    }

    private sealed class BrokenStream : Identities.FakeStreamAdmin
    {
        public Exception? Defect { get; set; } = new IOException("broken");

        public int Pages { get; private set; }

        public FailedRecord[] Listed { get; set; } = [];

        public override Task<StreamOverview> GetOverviewAsync(string stream, CancellationToken cancellationToken = default) =>
            Defect is { } defect ? throw defect : new ListedStream().GetOverviewAsync(stream, cancellationToken);

        public override Task<FailedRecordPage> GetFailuresAsync(string stream, long after = 0, int max = 100, CancellationToken cancellationToken = default)
        {
            Pages++;
            if (Defect is { } defect)
                throw defect;
            FailedRecord[] later = [.. Listed.Where(f => f.Number > after)];
            return Task.FromResult(new FailedRecordPage { Failures = later, Next = later is [.., var last] ? last.Number : after });
        }
    }
}
