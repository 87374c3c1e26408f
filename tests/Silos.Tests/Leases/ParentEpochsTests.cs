using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Silos.Leases;

namespace Orleans.Kpl.Silos.Tests.Leases;

/// <summary>The first owner of a child shard, here silo 1, and what the owners of its parents left behind.</summary>
public sealed class ParentEpochsTests
{
    private const string Stream = "events";

    /// <summary>The timers of a silo that watches leases.</summary>
    private const int WatchTimers = 1;

    private static readonly ShardKey Child = new(Stream, "shardId-000000000002");
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Lease = SiloLease.TimeToLive + RequestTimeout;

    private readonly FlakyStore _store = new();
    private readonly FakeTimeProvider _time = new();
    private readonly FakeMembership _membership = new();
    private readonly LiveSilos _silos;
    private readonly LeaseWatch _watch;
    private readonly ParentEpochs _parents;
    private readonly IReadOnlyList<string> _before = ["shardId-000000000000", "shardId-000000000001"];
    private readonly List<(SiloId Silo, string Stream)> _told = [];
    private int _asked;

    public ParentEpochsTests()
    {
        foreach (var silo in new[] { 1, 2, 3 })
            _membership.Set(FakeMembership.Silo(silo), SiloStanding.Active);
        _silos = new LiveSilos(_membership, _time);
        _silos.Start();
        _watch = NewWatch(_silos);
        _watch.Start();
        _parents = Parents(_silos, _watch);
    }

    /// <summary>The row of each shard that Kinesis still told of was read, one after the other: the records of each new shard waited for thousands.</summary>
    [Fact]
    public async Task ShardsThatWereClosedLongAgo_AreNotReadOneByOne()
    {
        var old = Enumerable.Range(100, 1_000).Select(i => $"shardId-{i:000000000000}").ToList();
        foreach (var id in old)
            await _store.WriteAsync(Kind, id, 0, EpochText.Closed, default);
        var row = await OwnAsync(_before[1], silo: 2);
        var clearing = _parents.ClearAsync(Child, _ => Task.FromResult<IReadOnlyList<string>>([.. old, .. _before]), default);
        await UntilWaitingAsync();
        Assert.InRange(_store.Reads, 1, 10);
        Assert.False(clearing.IsCompleted);
        await _store.WriteAsync(Kind, _before[1], row.Version, EpochText.Free, default);

        await EndAsync(clearing);
        Assert.All(_before, id => Assert.Equal(EpochText.Closed, _store.ReadAsync(Kind, id, default).Result?.Text));
    }

    /// <summary>A silo with an older map took a parent that had had no owner, after the child's owner had looked.</summary>
    [Fact]
    public async Task AParentThatIsNobodys_IsMarkedAsClosed_AndTheChildIsClearAtOnce()
    {
        await _store.WriteAsync(Kind, _before[0], 0, EpochText.Free, default);

        await ClearAsync().WaitAsync(Waiting.Long);
        Assert.InRange(_time.ArmedTimers, 0, WatchTimers);
        Assert.All(_before, id => Assert.Equal(EpochText.Closed, _store.ReadAsync(Kind, id, default).Result?.Text));
    }

    [Fact]
    public async Task AParentThatIsTakenWhileItIsMarked_IsWaitedFor()
    {
        _store.BeforeWrite = () => OwnAsync(_before[0], silo: 2);
        var clearing = ClearAsync();
        await UntilWaitingAsync();
        var row = await RowAsync(_before[0]);
        Assert.Equal(Name(2), row!.Text);
        await _store.WriteAsync(Kind, _before[0], row.Version, EpochText.Closed, default);
        await AdvanceAsync(Look);

        await clearing.WaitAsync(Waiting.Long);
    }

    [Fact]
    public async Task AParentOfThisSilo_IsNotWaitedFor_ItsEnginesKeepTheirOrder()
    {
        await OwnAsync(_before[0], silo: 1);

        await ClearAsync().WaitAsync(Waiting.Long);
    }

    [Fact]
    public async Task AnOwnerThatLives_IsWaitedForUntilItGivesTheParentBack()
    {
        var row = await OwnAsync(_before[1], silo: 2);
        var clearing = ClearAsync();
        await AdvanceToAsync(Now + 50 * Look);
        Assert.False(clearing.IsCompleted);
        await _store.WriteAsync(Kind, _before[1], row.Version, "", default);
        await AdvanceAsync(Look);

        await clearing.WaitAsync(Waiting.Long);
    }

    /// <summary>
    /// The stream's manager had not heard of a silo that had just started, and told it of no reshard: the parent stayed its own, and the child's records
    /// expired (seed 1002500883).
    /// </summary>
    [Fact]
    public async Task AnOwnerThatLives_AndKeepsTheParent_IsToldOnceASecondThatTheMapHasChanged()
    {
        var row = await OwnAsync(_before[1], silo: 2);
        var clearing = ClearAsync();
        await AdvanceToAsync(Now + 9 * Look);
        Assert.Equal([(FakeMembership.Silo(2), Stream)], _told);
        // It does not answer the second time, and is waited for all the same.
        await AdvanceToAsync(Now + 10 * Look);
        Assert.Equal(2, _told.Count);
        await _store.WriteAsync(Kind, _before[1], row.Version, "", default);
        await AdvanceAsync(Look);

        await clearing.WaitAsync(Waiting.Long);
    }

    /// <summary>The owner of a parent was frozen with a call on its way; the stream was resharded. The child's owner sent at once.</summary>
    [Fact]
    public async Task AnOwnerThatWasLost_IsWaitedForUntilItsLeaseAndItsLastRequestMustBeOver()
    {
        await OwnAndLoseAsync();
        var clearing = ClearAsync();
        await AdvanceAsync(Lease - TimeSpan.FromTicks(1));
        Assert.False(clearing.IsCompleted);
        // It would find out before its lease were good again.
        Assert.StartsWith(Name(1), (await RowAsync(_before[0]))!.Text, StringComparison.Ordinal);
        _time.Advance(TimeSpan.FromTicks(1));

        await clearing.WaitAsync(Waiting.Long);
        Assert.Equal(EpochText.Closed, (await RowAsync(_before[0]))!.Text);
    }

    [Fact]
    public async Task AnOwnerThatIsLostMeanwhile_IsWaitedForFromThenOn()
    {
        await OwnAsync(_before[0], silo: 2);
        var clearing = ClearAsync();
        await AdvanceAsync(Look);
        await UntilWaitingAsync();
        _membership.Set(FakeMembership.Silo(2), SiloStanding.Dead);
        await AdvanceAsync(Look);
        await Waiting.UntilAsync(async () => (await RowAsync(_before[0]))!.Text.StartsWith(Name(1), StringComparison.Ordinal));

        await EndsAfterAsync(clearing, Lease);
    }

    [Fact]
    public async Task AnOwnerThatNeitherGivesBackNorIsLost_IsNotWaitedForForEver()
    {
        await OwnAsync(_before[0], silo: 2);
        var clearing = ClearAsync();
        await AdvanceToAsync(Lease);
        await Waiting.UntilAsync(async () => (await RowAsync(_before[0]))!.Text.StartsWith(Name(1), StringComparison.Ordinal));
        await AdvanceAsync(Lease);

        await clearing.WaitAsync(Waiting.Long);
    }

    /// <summary>A silo whose map is older goes on renewing its lease, and would send for the parent beside the child's owner.</summary>
    [Fact]
    public async Task AnOwnerThatLivesAndKeepsTheParent_FindsItsLeaseDoubted()
    {
        await OwnAsync(_before[0], silo: 2);
        var lease = (await _store.WriteAsync(SiloLease.Kind, Name(2), 0, "", default))!;
        var clearing = ClearAsync();
        while (_time.GetTimestamp() < Lease.Ticks)
        {
            lease = (await _store.WriteAsync(SiloLease.Kind, Name(2), lease.Version, "", default))!;
            await AdvanceAsync(Look);
        }

        await Waiting.UntilAsync(async () => (await _store.ReadAsync(SiloLease.Kind, Name(2), default))!.Text.Length > 0);
        Assert.StartsWith(Name(1), (await RowAsync(_before[0]))!.Text, StringComparison.Ordinal);

        await EndAsync(clearing);
    }

    /// <summary>Its row names this silo from the first try on; that must not be taken for a shard of its own.</summary>
    [Fact]
    public async Task AChildThatIsLetGoAndComesBack_WaitsAnew()
    {
        await OwnAndLoseAsync();
        using var stop = new CancellationTokenSource();
        var first = ClearAsync(stop.Token);
        await UntilWaitingAsync();
        await LetGoAsync(first, stop);
        var second = ClearAsync();

        await EndsAfterAsync(second, Lease);
    }

    /// <summary>The row went on naming a silo that would never give it back: the next owner waited for that, doubted its lease, and waited anew.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AChildThatIsLetGoWhileItWaits_LeavesTheParentToTheNextChildsOwner_WhichWaitsOnce(bool isLost)
    {
        await OwnAsync(_before[0], silo: 2);
        foreach (var silo in new[] { 1, 2 })
            await _store.WriteAsync(SiloLease.Kind, Name(silo), 0, "", default);
        if (isLost)
            _membership.Set(FakeMembership.Silo(2), SiloStanding.Dead);
        using var stop = new CancellationTokenSource();
        var first = ClearAsync(stop.Token);
        await TakenAsync();
        await LetGoAsync(first, stop);
        var next = ParentsOfThird(isLost).ClearAsync(new ShardKey(Stream, "shardId-000000000003"), BeforeAsync, default);

        await EndsAfterAsync(next, Lease, timers: 2 * WatchTimers + 1);
        Assert.Equal(EpochText.Closed, (await RowAsync(_before[0]))!.Text);
        Assert.Equal("", (await _store.ReadAsync(SiloLease.Kind, Name(1), default))!.Text);
        // Also one that is taken for lost: it may live, and not know it.
        Assert.Equal(SiloLease.Doubted, (await _store.ReadAsync(SiloLease.Kind, Name(2), default))!.Text);
    }

    /// <summary>
    /// A shard was changed while the owner of its child waited for a lost silo. The next child's owner began to watch leases when it took the parent, and
    /// waited for the whole lease of a silo that had been lost long ago; with two parents twice, until records expired (seed 1066031260).
    /// </summary>
    [Fact]
    public async Task ALostSiloBehindAnOwnerThatWaits_IsWatchedFromTheFirstLookOn()
    {
        await _store.WriteAsync(SiloLease.Kind, Name(2), 0, "", default);
        _membership.Set(FakeMembership.Silo(2), SiloStanding.Dead);
        var row = (await _store.WriteAsync(Kind, _before[0], 0, EpochText.OwnedBy(Name(3), Name(2)), default))!;
        var clearing = Parents(_silos, NewWatch(_silos)).ClearAsync(Child, BeforeAsync, default);
        await AdvanceToAsync(RequestTimeout, timers: 2 * WatchTimers + 1);
        await _store.WriteAsync(Kind, row.Key, row.Version, EpochText.GivenBack([Name(2)], isClosed: false), default);

        await EndAsync(clearing);

        Assert.InRange(_time.GetTimestamp(), 0, (Lease + LeaseWatch.LookEvery).Ticks);
    }

    /// <summary>The write that took the parent was made, and its answer lost; then the child was let go.</summary>
    [Fact]
    public async Task AChildThatIsLetGoBeforeItKnowsThatItTookTheParent_LeavesItToTheNextChildsOwner()
    {
        await OwnAndLoseAsync();
        _store.LostAnswers = 1;
        using var stop = new CancellationTokenSource();
        var first = ClearAsync(stop.Token);
        await UntilWaitingAsync();
        await LetGoAsync(first, stop);
        var next = ParentsOfThird(isSecondLost: true).ClearAsync(new ShardKey(Stream, "shardId-000000000003"), BeforeAsync, default);

        await EndsAfterAsync(next, Lease);
    }

    /// <summary>
    /// The write that takes the parent is on its way when the child is let go. It was given up, found not to be made, and made after that: the row named
    /// for good a silo that waits for nothing.
    /// </summary>
    [Fact]
    public async Task AChildThatIsLetGoWhileItTakesTheParent_LeavesItToTheNextChildsOwner()
    {
        await OwnAndLoseAsync();
        var write = _store.SlowWrite = new SlowWrite();
        using var stop = new CancellationTokenSource();
        var first = ClearAsync(stop.Token);
        await write.Began.Task.WaitAsync(Waiting.Long);
        await stop.CancelAsync();
        write.Made.TrySetResult();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.Equal(EpochText.GivenBack([Name(2)], isClosed: false), (await RowAsync(_before[0]))!.Text);
        var next = ParentsOfThird(isSecondLost: true).ClearAsync(new ShardKey(Stream, "shardId-000000000003"), BeforeAsync, default);

        await EndsAfterAsync(next, Lease);
    }

    /// <summary>It lives, and waits for the former owner: it is waited for as long as it takes, and its lease is not doubted.</summary>
    [Fact]
    public async Task AnotherChildsOwnerThatTookTheParentLater_IsWaitedForFromThenOn()
    {
        var row = await OwnAsync(_before[0], silo: 3);
        await _store.WriteAsync(SiloLease.Kind, Name(2), 0, "", default);
        var clearing = ClearAsync();
        await AdvanceToAsync(Lease / 2);
        row = await _store.WriteAsync(Kind, _before[0], row.Version, EpochText.OwnedBy(Name(2), Name(3)), default);
        await AdvanceToAsync(Lease * 5 / 4);
        await _store.WriteAsync(Kind, _before[0], row!.Version, EpochText.Closed, default);

        await EndAsync(clearing);
        Assert.Equal("", (await _store.ReadAsync(SiloLease.Kind, Name(2), default))!.Text);
    }

    /// <summary>It was taken from one to the next, who each waited anew for a silo that had been lost long before: its records expired.</summary>
    [Fact]
    public async Task AnOwnerWhoseLastRequestHasBeenOverForLong_IsNotWaitedFor()
    {
        await _store.WriteAsync(SiloLease.Kind, Name(2), 0, "", default);
        while (_time.GetTimestamp() < (Lease + LeaseWatch.LookEvery).Ticks)
            await AdvanceAsync(LeaseWatch.LookEvery, WatchTimers);
        await OwnAndLoseAsync();

        await ClearAsync().WaitAsync(Waiting.Long);
        Assert.Equal(EpochText.Closed, (await RowAsync(_before[0]))!.Text);
        await _watch.DisposeAsync();
    }

    /// <summary>A silo with an older map became the parent's owner while the child's owner waited: it sent for it beside the child's owner.</summary>
    [Fact]
    public async Task AnOwnerThatTakesTheParentDuringTheWait_IsWaitedForToo()
    {
        await OwnAndLoseAsync();
        var clearing = ClearAsync();
        await UntilWaitingAsync();
        var taken = await RowAsync(_before[0]);
        var later = await _store.WriteAsync(Kind, _before[0], taken!.Version, EpochText.OwnedBy(Name(3), Name(1), Name(2)), default);
        await AdvanceAsync(Lease);
        await AdvanceToAsync(Now + 20 * Look);
        Assert.False(clearing.IsCompleted);
        await _store.WriteAsync(Kind, _before[0], later!.Version, EpochText.Closed, default);

        await EndAsync(clearing);
    }

    /// <summary>The wait for the one began only once the other one was given back.</summary>
    [Fact]
    public async Task AParentThatWasTaken_IsWaitedForWhileAnotherOneIsGivenBack()
    {
        await OwnAndLoseAsync();
        var kept = await OwnAsync(_before[1], silo: 3);
        var clearing = ClearAsync();
        await AdvanceToAsync(Lease / 2);
        await _store.WriteAsync(Kind, _before[1], kept.Version, EpochText.Free, default);

        await EndAsync(clearing);
        Assert.InRange(_time.GetTimestamp(), Lease.Ticks, (Lease + TimeSpan.FromSeconds(1)).Ticks);
    }

    /// <summary>It was taken from at the instant at which its own wait was over, just before it could mark the parent, and all waited once more.</summary>
    [Fact]
    public async Task AnotherChildsOwnerThatMarksAfterItsWait_IsNotTakenFromJustBefore()
    {
        var row = await OwnAsync(_before[0], silo: 3);
        row = await _store.WriteAsync(Kind, _before[0], row.Version, EpochText.OwnedBy(Name(2), Name(3)), default);
        await _store.WriteAsync(SiloLease.Kind, Name(2), 0, "", default);
        var clearing = ClearAsync();
        await AdvanceToAsync(Lease + TimeSpan.FromSeconds(1));
        Assert.NotNull(await _store.WriteAsync(Kind, _before[0], row!.Version, EpochText.Closed, default));

        await EndAsync(clearing);
        Assert.InRange(_time.GetTimestamp(), Lease.Ticks, (Lease + TimeSpan.FromSeconds(2)).Ticks);
        Assert.Equal("", (await _store.ReadAsync(SiloLease.Kind, Name(2), default))!.Text);
    }

    [Fact]
    public async Task AWriteThatGetsNoAnswer_AndWasMade_IsWaitedForAllTheSame()
    {
        await OwnAndLoseAsync();
        _store.LostAnswers = 1;
        var clearing = ClearAsync();
        await AdvanceAsync(TimeSpan.FromMilliseconds(500));

        await EndsAfterAsync(clearing, Lease);
    }

    [Fact]
    public async Task TheOwnerOfTheOtherChild_WaitsUntilThatHasBeenWaitedFor()
    {
        await OwnAndLoseAsync();
        var clearing = ClearAsync();
        await AdvanceAsync(Lease / 2);
        var others = ParentsOfThird(isSecondLost: true).ClearAsync(new ShardKey(Stream, "shardId-000000000003"), BeforeAsync, default);
        await UntilWaitingAsync(timers: WatchTimers + 2);
        Assert.False(others.IsCompleted);
        _time.Advance(Lease / 2);
        await clearing.WaitAsync(Waiting.Long);

        await EndAsync(others);
    }

    [Fact]
    public async Task ChildThatHadAnOwner_AsksForNothing()
    {
        await OwnAsync(_before[0], silo: 2);
        await OwnAsync(Child.ShardId, silo: 3);

        await ClearAsync().WaitAsync(Waiting.Long);
        Assert.Equal(0, _asked);
    }

    [Fact]
    public async Task KinesisDoesNotTellTheParents_ItIsAskedUntilItDoes()
    {
        var clearing = _parents.ClearAsync(Child, c => _asked < 3 ? Fail() : BeforeAsync(c), default);

        await EndAsync(clearing);
        Assert.Equal(4, _asked);

        Task<IReadOnlyList<string>> Fail()
        {
            _asked++;
            throw new KinesisException(KinesisFailureKind.NotSent, "TimeoutException", "no answer");
        }
    }

    private Task TellAsync(SiloId silo, string stream)
    {
        _told.Add((silo, stream));
        return _told.Count > 1 ? Task.FromException(new TimeoutException("no answer")) : Task.CompletedTask;
    }

    private TimeSpan Now => TimeSpan.FromTicks(_time.GetTimestamp());

    private static string Kind => ShardEpochs.KindOf(Child);

    private static string Name(int silo) => FakeMembership.Silo(silo).ToParsableString();

    private LeaseWatch NewWatch(LiveSilos silos) => new(_store, silos, _time, NullLogger<LeaseWatch>.Instance);

    private ParentEpochs Parents(LiveSilos silos, LeaseWatch watch)
    {
        var options = new KplOptions();
        options.ForStream(Stream, s => (s.Ordered, s.RequestTimeout) = (OrderedMode.PutRecords, RequestTimeout));
        return new ParentEpochs(_store, watch, silos, TellAsync, options, _time, NullLogger<ParentEpochs>.Instance);
    }

    /// <summary>The parents as silo 3 sees them.</summary>
    private ParentEpochs ParentsOfThird(bool isSecondLost)
    {
        var other = new FakeMembership(3);
        other.Set(FakeMembership.Silo(3), SiloStanding.Active);
        other.Set(FakeMembership.Silo(1), SiloStanding.Active);
        other.Set(FakeMembership.Silo(2), isSecondLost ? SiloStanding.Dead : SiloStanding.Active);
        var silos = new LiveSilos(other, _time);
        return Parents(silos, NewWatch(silos));
    }

    /// <summary>Time goes on until the first parent was taken from its owner.</summary>
    private Task TakenAsync() => Waiting.UntilAsync(async () =>
    {
        if ((await RowAsync(_before[0]))!.Version > 1)
            return true;
        // A lease that was over when the parent was taken would not be waited for.
        if (await _store.ReadAsync(SiloLease.Kind, Name(2), default) is { Text.Length: 0 } lease)
            await _store.WriteAsync(SiloLease.Kind, Name(2), lease.Version, "", default);
        _time.Advance(Look);
        return false;
    });

    private Task ClearAsync(CancellationToken cancellationToken = default) => _parents.ClearAsync(Child, BeforeAsync, cancellationToken);

    private Task<IReadOnlyList<string>> BeforeAsync(CancellationToken cancellationToken)
    {
        _asked++;
        return Task.FromResult(_before);
    }

    private async Task<StateRow> OwnAsync(string shardId, int silo) => (await _store.WriteAsync(Kind, shardId, 0, Name(silo), default))!;

    /// <summary>The first parent's owner was lost.</summary>
    private async Task OwnAndLoseAsync()
    {
        await OwnAsync(_before[0], silo: 2);
        _membership.Set(FakeMembership.Silo(2), SiloStanding.Dead);
    }

    private Task<StateRow?> RowAsync(string shardId) => _store.ReadAsync(Kind, shardId, default);

    private Task UntilWaitingAsync(int timers = WatchTimers + 1) => Waiting.UntilAsync(() => _time.ArmedTimers >= timers);

    /// <summary>What waits is waiting before time goes on.</summary>
    private async Task AdvanceAsync(TimeSpan by, int timers = WatchTimers + 1)
    {
        await UntilWaitingAsync(timers);
        _time.Advance(by);
    }

    private async Task AdvanceToAsync(TimeSpan at, int timers = WatchTimers + 1)
    {
        while (Now < at)
            await AdvanceAsync(Look, timers);
    }

    /// <summary>The child is let go.</summary>
    private static async Task LetGoAsync(Task clearing, CancellationTokenSource stop)
    {
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => clearing);
    }

    /// <summary>It ends at that instant, and not before.</summary>
    private async Task EndsAfterAsync(Task clearing, TimeSpan wait, int timers = WatchTimers + 1)
    {
        await AdvanceAsync(wait - TimeSpan.FromTicks(1), timers);
        Assert.False(clearing.IsCompleted);
        _time.Advance(TimeSpan.FromTicks(1));
        await clearing.WaitAsync(Waiting.Long);
    }

    /// <summary>Time goes on until something has ended.</summary>
    private async Task EndAsync(Task task)
    {
        await _time.PassUntilAsync(() => task.IsCompleted, Look);
        await task;
    }

    /// <summary>Rows in memory; the answers of some writes are lost.</summary>
    private sealed class FlakyStore() : RowsOver(new MemoryStateStore())
    {
        private Func<Task>? _late;

        /// <summary>The next write takes its time; one that is given up meanwhile is made after the next reading.</summary>
        public SlowWrite? SlowWrite { get; set; }

        public int LostAnswers { get; set; }

        /// <summary>How many rows were read, one at a time.</summary>
        public int Reads { get; private set; }

        /// <summary>Happens before the next write.</summary>
        public Func<Task>? BeforeWrite { get; set; }

        public override async Task<StateRow?> ReadAsync(string kind, string key, CancellationToken cancellationToken)
        {
            Reads++;
            var row = await Inner.ReadAsync(kind, key, cancellationToken);
            if (Interlocked.Exchange(ref _late, null) is { } late)
                await late();
            return row;
        }

        public override async Task<StateRow?> WriteAsync(string kind, string key, long over, string text, CancellationToken cancellationToken)
        {
            if (BeforeWrite is { } before)
            {
                BeforeWrite = null;
                await before();
            }

            if (SlowWrite is { } slow)
            {
                SlowWrite = null;
                slow.Began.SetResult();
                try
                {
                    await slow.Made.Task.WaitAsync(cancellationToken);
                }
                catch (OperationCanceledException)
                {
                    _late = () => Inner.WriteAsync(kind, key, over, text, default);
                    throw;
                }
            }

            var row = await Inner.WriteAsync(kind, key, over, text, cancellationToken);
            return LostAnswers-- > 0 ? throw new StateStoreException("the answer was lost") : row;
        }
    }

    /// <summary>A write under way.</summary>
    private sealed class SlowWrite
    {
        public TaskCompletionSource Began { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Made { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
