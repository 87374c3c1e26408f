using Microsoft.Extensions.Logging;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Producer.Tests.Logging;
using Orleans.Kpl.Silos.Backlog;
using Orleans.Kpl.Silos.Tests.Leases;

namespace Orleans.Kpl.Silos.Tests.Backlog;

public sealed class BacklogTakeoverTests
{
    private const string Stream = "arn:aws:kinesis:us-east-1:000000000000:stream/events";

    private readonly MemoryStateStore _rows = new();
    private readonly SharedStores _stores = new();
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task ASilo_ThatDies_ItsLogIsReplayedByAnotherAndStruckOff()
    {
        await using var one = Silo(1, 1, 2);
        await using var two = Silo(2, 1, 2);
        var log = await one.BeginAsync(Stream, "a", "b");
        two.Takeover.Start();
        two.Membership.Set(FakeMembership.Silo(1), SiloStanding.Dead);

        var replay = await two.Replays.NextAsync();
        Assert.Equal((Stream, 2), (replay.Stream, replay.Log.Found.Count));
        Assert.Equal(FakeMembership.Silo(2), Assert.Single(await RowsAsync()).Silo);
        await Assert.ThrowsAsync<BacklogFencedException>(() => log.AppendAsync(3, default, CancellationToken.None));
        var id = Assert.Single(await RowsAsync()).Id;
        Assert.Empty(_stores.Retired);
        replay.End.SetResult();
        await two.Takeover.EndAsync();

        Assert.Empty(await RowsAsync());
        // The one that woke up changes nothing of what is not its own any more.
        await one.CloseAsync(log);
        Assert.Empty(await RowsAsync());
        Assert.Equal((Stream, id), Assert.Single(_stores.Retired));
    }

    /// <summary>The log was in no store yet, so the other silo fenced nobody: what went into it was told as persisted, and no row named it any more.</summary>
    [Fact]
    public async Task ASilo_ThatIsFrozenBeforeItsLogIsOpen_WritesNothingToIt()
    {
        var (frozen, thawed) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var one = new FakeBacklogSilo(1, _rows, new OpensLate(_stores, frozen, thawed.Task), _time, 1, 2);
        await using var two = Silo(2, 1, 2);
        var begun = one.BeginAsync(Stream, "a");
        await frozen.Task;
        two.Takeover.Start();
        two.Membership.Set(FakeMembership.Silo(1), SiloStanding.Dead);
        (await two.Replays.NextAsync()).End.SetResult();
        await two.Takeover.EndAsync();
        thawed.SetResult();

        await Assert.ThrowsAsync<BacklogStoreException>(() => begun);
        Assert.Empty(_stores.Writers);
        Assert.Single(_stores.Retired.Distinct());
        Assert.Equal(2, _stores.Retired.Count);
        await one.BeginAsync(Stream, "a");
        Assert.Equal(Assert.Single(_stores.Writers), Assert.Single(await RowsAsync()).Id);
    }

    [Fact]
    public async Task LogsOfADeadSilo_AreSharedByRendezvous_EachReplayedOnce()
    {
        await using var lost = Silo(9, 1, 2, 9);
        for (var i = 0; i < 40; i++)
            await lost.BeginAsync($"s{i}", "a");
        await using var one = Silo(1, 1, 2);
        await using var two = Silo(2, 1, 2);
        foreach (var silo in new[] { one, two })
        {
            silo.Membership.Set(FakeMembership.Silo(9), SiloStanding.Dead);
            silo.Takeover.Start();
        }

        await Waiting.UntilAsync(() => _stores.Asked == 80);
        Assert.Equal(40, one.Takeover.UnderWay + two.Takeover.UnderWay);
        Assert.InRange(one.Takeover.UnderWay, 5, 35);
    }

    [Fact]
    public async Task AllSilosDead_TheFirstThatIsBackReplaysEverythingWithoutACall()
    {
        await using (var one = Silo(1, 1, 2))
            await one.BeginAsync("a", "1");
        await using (var two = Silo(2, 1, 2))
            await two.BeginAsync("b", "2");
        // The table of members tells of former silos as dead, or not at all any more.
        await using var back = Silo(7, 7);
        back.Membership.Set(FakeMembership.Silo(1), SiloStanding.Dead);
        back.Takeover.Start();

        Assert.Equal(["a", "b"], new[] { (await back.Replays.NextAsync()).Stream, (await back.Replays.NextAsync()).Stream }.Order());
    }

    /// <summary>Before that, its records are in nobody's ledger.</summary>
    [Fact]
    public async Task CountedAsync_OfALogThatCannotBeOpenedYet_Waits()
    {
        await using var one = Silo(1, 1, 2);
        await one.BeginAsync("a", "1");
        await using var two = Silo(2, 2);
        two.Membership.Set(FakeMembership.Silo(1), SiloStanding.Dead);
        _stores.IsDown = true;
        var counted = two.Takeover.CountedAsync(CancellationToken.None);
        two.Takeover.Start();
        await PassUntilAsync(() => _stores.Asked >= 3);
        var later = two.Takeover.CountedAsync(CancellationToken.None);
        Assert.False(counted.IsCompleted || later.IsCompleted);
        _stores.IsDown = false;
        await PassUntilAsync(() => later.IsCompleted);

        await Task.WhenAll(counted, later);
        Assert.Equal("a", (await two.Replays.NextAsync()).Stream);
    }

    [Fact]
    public async Task CountedAsync_OnceNoMoreLogsAreTaken_DoesNotWait()
    {
        await using var one = Silo(1, 1);
        var counted = one.Takeover.CountedAsync(CancellationToken.None);
        await one.Takeover.StopAsync();
        await counted.WaitAsync(Waiting.Long);
    }

    [Fact]
    public async Task LogsOfLiveSilos_AreLeftAlone()
    {
        await using var one = Silo(1, 1, 2);
        await using var two = Silo(2, 1, 2);
        await one.BeginAsync("a", "1");
        await two.BeginAsync("a", "1");
        two.Takeover.Start();
        await LookedAsync(two);

        Assert.True(two.Replays.IsIdle);
    }

    [Fact]
    public async Task ASilo_ThatLeaves_GivesBackWhatIsLeft()
    {
        await using var one = Silo(1, 1, 2);
        await using var two = Silo(2, 1, 2);
        var empty = await one.BeginAsync("a", "1");
        var left = await one.BeginAsync("b", "2");
        await one.CloseAsync(empty, isEmpty: true);
        await one.CloseAsync(left);
        two.Membership.Set(FakeMembership.Silo(1), SiloStanding.Stopping);
        two.Takeover.Start();

        // Before the silo is gone.
        Assert.Equal("b", (await two.Replays.NextAsync()).Stream);
        Assert.Single(await RowsAsync());
    }

    [Fact]
    public async Task AReplay_ThatEndsBecauseTheSiloLeaves_IsGivenBack()
    {
        await using var one = Silo(1, 1, 2);
        await one.BeginAsync("a", "1");
        await using var two = Silo(2, 1, 2);
        two.Takeover.Start();
        two.Membership.Set(FakeMembership.Silo(1), SiloStanding.Dead);
        (await two.Replays.NextAsync()).End.SetException(new ObjectDisposedException("producer"));
        await two.Takeover.EndAsync();

        Assert.Null(Assert.Single(await RowsAsync()).Silo);
    }

    /// <summary>Each try left a row, one a second, and each was opened and replayed once the store was back.</summary>
    [Fact]
    public async Task ALog_ThatCannotBeOpened_LeavesOneRow_AndIsWrittenOnceItCan()
    {
        await using var one = Silo(1, 1);
        _stores.IsDown = true;
        for (var tries = 0; tries < 5; tries++)
            await Assert.ThrowsAsync<BacklogStoreException>(() => one.BeginAsync("a"));
        var row = Assert.Single(await RowsAsync());
        Assert.True(one.Held.Holds(row));

        _stores.IsDown = false;
        var log = await one.BeginAsync("a", "1");
        Assert.Equal(row.Id, Assert.Single(await RowsAsync()).Id);
        await one.BeginAsync("a", "2");
        Assert.Equal(2, (await RowsAsync()).Count);
        await one.CloseAsync(log, isEmpty: true);
        Assert.NotEqual(row.Id, Assert.Single(await RowsAsync()).Id);
    }

    [Fact]
    public async Task ALog_ThatCouldNotBeOpened_AndThatAnotherSiloTook_IsLeftToThatOne()
    {
        await using var one = Silo(1, 1, 2);
        await using var two = Silo(2, 1, 2);
        _stores.IsDown = true;
        await Assert.ThrowsAsync<BacklogStoreException>(() => one.BeginAsync("a"));
        _stores.IsDown = false;
        var row = Assert.Single(await RowsAsync());
        Assert.True(await two.Held.TryTakeAsync(row, CancellationToken.None));

        await one.BeginAsync("a", "1");
        Assert.False(one.Held.Holds(row));
        Assert.Equal(FakeMembership.Silo(2), Assert.Single(await RowsAsync(), r => r.Id == row.Id).Silo);
        Assert.Equal(2, (await RowsAsync()).Count);
    }

    [Fact]
    public async Task TwoThatTakeTheSameLog_OneOfThemLearnsThatItWasTooLate()
    {
        await using var lost = Silo(9, 9);
        await lost.BeginAsync("a", "1");
        var row = Assert.Single(await RowsAsync());
        await using var one = Silo(1, 1);
        await using var two = Silo(2, 2);

        Assert.True(await one.Held.TryTakeAsync(row, CancellationToken.None));
        Assert.False(await two.Held.TryTakeAsync(row, CancellationToken.None));
        Assert.False(two.Held.Holds(row));
    }

    /// <summary>Or else nobody would replay it while this silo lives: its row names this silo, which would take it for one that it holds.</summary>
    [Fact]
    public async Task ALog_WhoseGivingBackFailsInAnyWay_IsFoundAgainByItsSilo()
    {
        Exception? failure = null;
        var rows = new FailingRows(_rows) { OnWrite = (_, _) => Interlocked.Exchange(ref failure, null) };
        await using var one = new FakeBacklogSilo(1, rows, _stores, _time, 1);
        var log = await one.BeginAsync("a", "1");
        failure = new TimeoutException("no answer");
        await one.CloseAsync(log);
        Assert.False(one.Held.Holds(Assert.Single(await RowsAsync())));
        one.Takeover.Start();

        Assert.Equal("a", (await one.Replays.NextAsync()).Stream);
    }

    /// <summary>It was not waited for at the end, and its records were told to be counted before they were.</summary>
    [Fact]
    public async Task AReplay_ThatIsTakenAgainBeforeTheFormerOneHasEnded_StaysUnderWay()
    {
        await using var one = Silo(1, 1, 2);
        await one.BeginAsync("a", "1");
        Exception? failure = null;
        var (rows, log) = (new FailingRows(_rows) { OnWrite = (_, _) => Interlocked.Exchange(ref failure, null) }, new CapturedLog());
        await using var two = new FakeBacklogSilo(2, rows, _stores, _time, new Logger<BacklogTakeover>(log), 1, 2);
        two.Takeover.Start();
        two.Membership.Set(FakeMembership.Silo(1), SiloStanding.Dead);
        var former = await two.Replays.NextAsync();
        failure = new TimeoutException("no answer");
        log.OnLine = entry =>
        {
            if (entry.Level != LogLevel.Warning)
                return;
            log.OnLine = null;
            two.Takeover.LookSoon();
            Assert.True(two.Replays.NextAsync().Wait(Waiting.Long));
        };

        await Task.Run(() => former.End.SetException(new InvalidOperationException("the replay failed")));

        Assert.Equal(1, two.Takeover.UnderWay);
    }

    /// <summary>Its row was gone all the same, and so nobody found the log again: its head stayed for ever.</summary>
    [Fact]
    public async Task AnEmptyLog_WhoseEndTheStoreDoesNotTake_IsFoundAgain_AndOverThen()
    {
        await using var one = Silo(1, 1);
        var log = await one.BeginAsync("a", "1");
        _stores.IsDown = true;
        await one.CloseAsync(log, isEmpty: true);
        Assert.Single(await RowsAsync());
        _stores.IsDown = false;
        one.Takeover.Start();

        (await one.Replays.NextAsync()).End.SetResult();
        await one.Takeover.EndAsync();
        Assert.Empty(await RowsAsync());
        Assert.Single(_stores.Retired);
    }

    /// <summary>A table lets segments expire by itself, at a time that was known when they were written.</summary>
    [Fact]
    public async Task OpenLogs_AreAskedAgainAndAgainToKeepWhatWaits_AlsoAfterAFailure_AndClosedOnesNoMore()
    {
        await using var one = Silo(1, 1);
        var log = await one.BeginAsync("a", "1");
        one.Takeover.Start();
        await PassUntilAsync(() => _stores.RenewCount == 1);
        _stores.IsDown = true;
        _time.Advance(TimeSpan.FromMinutes(2));
        _stores.IsDown = false;
        await PassUntilAsync(() => _stores.RenewCount >= 2);

        await one.CloseAsync(log);
        await one.Held.RenewAsync(CancellationToken.None);
        var asked = _stores.RenewCount;
        await one.Held.RenewAsync(CancellationToken.None);
        Assert.Equal(asked, _stores.RenewCount);
    }

    private FakeBacklogSilo Silo(int number, params int[] active) => new(number, _rows, _stores, _time, active);

    private Task<IReadOnlyList<BacklogWriter>> RowsAsync() => new BacklogRegistry(_rows).ListAsync(CancellationToken.None);

    /// <summary>A silo has looked when it has found a log that is left for it to find.</summary>
    private async Task LookedAsync(FakeBacklogSilo silo)
    {
        await _rows.WriteAsync(BacklogRegistry.Kind, "probe/x", 0, silo.Membership.Self.ToParsableString(), CancellationToken.None);
        silo.Takeover.LookSoon();
        Assert.Equal("probe", (await silo.Replays.NextAsync()).Stream);
    }

    private Task PassUntilAsync(Func<bool> isSo) => _time.PassUntilAsync(isSo, TimeSpan.FromSeconds(1));

    /// <summary>Stores whose first log is opened when a test says so.</summary>
    private sealed class OpensLate(SharedStores stores, TaskCompletionSource frozen, Task thawed) : IWriterStores
    {
        public IBacklogStore Of(string writer) => new Late(stores.Of(writer), frozen, thawed);

        public Task EnsureAsync(CancellationToken cancellationToken) => stores.EnsureAsync(cancellationToken);
    }

    private sealed class Late(IBacklogStore store, TaskCompletionSource frozen, Task thawed) : IBacklogStore
    {
        public async Task<ISegmentLog> OpenAsync(string stream, SegmentLogKind kind, CancellationToken cancellationToken)
        {
            frozen.TrySetResult();
            await thawed;
            return await store.OpenAsync(stream, kind, cancellationToken);
        }

        public ValueTask DisposeAsync() => store.DisposeAsync();
    }
}
