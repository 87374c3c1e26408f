using Orleans.Kpl.Pipeline.Backlog.Keeping;
using Orleans.Kpl.Pipeline.Backlog.Writing;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Tests.Backlog.Writing;

public sealed class GroupCommitTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly MemoryBacklogStore _store = new();
    private readonly RecordingEvents _events = new();
    private readonly Host _host = new();

    [Fact]
    public async Task Add_WhileAWriteIsUnderWay_SharesTheNextSegment()
    {
        var commit = await OpenHangingAsync();
        await AddAsync(commit, 1, 10);
        for (var i = 0; i < 20; i++)
            Add(commit, 1);
        await PassAsync(100);
        Assert.Equal(2, Pending(commit));

        _store.Release();
        await PassAsync(10);

        Assert.Equal([1, 20], _host.Acknowledged.Select(static s => s.InLog!.Count));
        Assert.Equal((2, 0), (_store.AppendCount, Pending(commit)));
    }

    [Fact]
    public async Task Add_BeforeALogIsOpen_IsWrittenWhenOneIs()
    {
        var commit = New();
        await AddAsync(commit, 3, 1_000);
        Assert.Empty(_host.Acknowledged);

        commit.Open(await OpenIndexAsync());
        await PassAsync(10);

        Assert.Equal(3, Assert.Single(_host.Acknowledged).InLog!.Count);
        Assert.Empty(_host.NotWritten);
    }

    [Fact]
    public async Task Silence_HandsRecordsOnOnce_AndALateAcknowledgementHeals()
    {
        var commit = await OpenHangingAsync();
        await AddAsync(commit, 1, 10);
        await AddAsync(commit, 2, 1_900);
        Assert.Equal((StoreState.Good, 0), (commit.State, _host.NotWritten.Count));

        await PassAsync(5_000);

        Assert.Equal(StoreState.Down, commit.State);
        Assert.NotNull(commit.Error);
        // What was being written is written on; what was not is forgotten.
        Assert.Equal([true, false], _host.NotWritten.Select(static s => s.InLog is not null));
        Assert.Equal(1, Pending(commit));

        _store.Release();
        await PassAsync(10);

        Assert.Equal(_host.NotWritten[..1], _host.Acknowledged);
        Assert.Equal((StoreState.Good, null, 0), (commit.State, commit.Error, Pending(commit)));
    }

    /// <summary>A store that hung was told with the error of a write that had failed hours before.</summary>
    [Fact]
    public async Task Silence_AfterAWriteThatFailedOnce_IsToldAsSilence()
    {
        var commit = await OpenAsync();
        _store.IsDown = true;
        await AddAsync(commit, 1, 10);
        Assert.Equal((StoreState.Good, "the store is down"), (commit.State, commit.Error));
        _store.IsDown = false;
        await PassAsync(1_000);
        Assert.Single(_host.Acknowledged);
        _store.Hang();
        await AddAsync(commit, 1, 3_000);

        Assert.Equal((StoreState.Down, "a write was not acknowledged within 2 s"), (commit.State, commit.Error));
    }

    [Fact]
    public async Task Silence_WhileOlderRecordsWaitInTheStore_HandsNothingOn()
    {
        _host.MayRoute = false;
        var commit = await OpenHangingAsync(inOrder: true);
        await AddAsync(commit, 1, 3_000);

        Assert.Equal((StoreState.Down, 0, 1), (commit.State, _host.NotWritten.Count, Pending(commit)));
        _host.MayRoute = true;
        commit.Expedite();
        Assert.Single(_host.NotWritten);
    }

    /// <summary>It may have been added because an older one is on its way back to the store, which the host did not know when it was asked.</summary>
    [Fact]
    public async Task Record_ThatComesWhileWhatWaitsIsHandedOn_IsInNoneOfItsSegments()
    {
        _host.MayRoute = false;
        var commit = await OpenHangingAsync(inOrder: true);
        await AddAsync(commit, 1, 3_000);
        var asked = 0;
        _host.OnAsked = () =>
        {
            if (++asked != 2)
                return;
            _host.MayRoute = false;
            Add(commit, 1);
        };
        _host.MayRoute = true;
        commit.Expedite();

        Assert.Equal((1, 2), (_host.NotWritten.Count, Pending(commit)));
    }

    /// <summary>All streams of a process have their timers on one thread: it must not look again and again until another thread is through.</summary>
    [Fact]
    public async Task Record_ThatComesWhileOthersAreHandedOnForLong_DoesNotKeepTheTimersBusy()
    {
        var commit = await OpenHangingAsync();
        await AddAsync(commit, 1, 3_000);
        Assert.Equal(StoreState.Down, commit.State);
        _host.OnNotWritten = () =>
        {
            _host.OnNotWritten = static () => { };
            Add(commit, 1);
            _time.Advance(TimeSpan.FromSeconds(5));
        };
        Add(commit, 1);

        Assert.Equal(3, _host.NotWritten.Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Acknowledgement_WhoseRecordsTakeLongToRoute_IsNoSilence(bool inOrder)
    {
        var commit = await OpenAsync(inOrder);
        _host.OnAcknowledged = () => _time.Advance(TimeSpan.FromSeconds(3));
        await AddAsync(commit, 1, 10);

        Assert.Single(_host.Acknowledged);
        Assert.Equal((StoreState.Good, 0), (commit.State, _host.NotWritten.Count));
    }

    [Fact]
    public async Task FullStore_HandsRecordsOnAtOnce_AndHealsWhenThereIsSpace()
    {
        var commit = await OpenAsync();
        _store.IsFull = true;
        await AddAsync(commit, 1, 20);
        Assert.Equal((StoreState.Full, 1), (commit.State, _host.NotWritten.Count));

        _store.IsFull = false;
        await PassAsync(1_000);

        Assert.Equal(StoreState.Good, commit.State);
        Assert.Single(_host.Acknowledged);
        Assert.Equal([StoreState.Full, StoreState.Good], _host.States);
    }

    [Fact]
    public async Task InOrder_WritesTheNextSegment_WhenTheFormerWasHandedOver()
    {
        var commit = await OpenAsync(inOrder: true);
        var begun = -1;
        _host.OnAcknowledged = () =>
        {
            if (begun < 0)
                Add(commit, 1);
            begun = _store.AppendCount;
        };
        await AddAsync(commit, 1, 5);
        Assert.Equal(1, begun);
        await PassAsync(20);
        Assert.Equal(2, _host.Acknowledged.Count);
    }

    [Fact]
    public async Task InOrder_WhereHandingOverFails_TheNextSegmentIsWrittenAllTheSame()
    {
        var commit = await OpenAsync(inOrder: true);
        _host.OnAcknowledged = () =>
        {
            if (_host.Acknowledged.Count == 1)
                throw new InvalidOperationException("a defect");
        };
        await AddAsync(commit, 1, 10);
        Assert.IsType<InvalidOperationException>(Assert.Single(_events.Defects));
        await AddAsync(commit, 2, 10);

        Assert.Equal([1, 2], _host.Acknowledged.Select(static s => s.InLog!.Count));
        Assert.Equal(0, Pending(commit));
    }

    [Fact]
    public async Task Abandon_AWriteToTheFormerLogThatEndsLate_LeavesItsSuccessorAlone()
    {
        var successors = new MemoryBacklogStore();
        var commit = await OpenHangingAsync();
        await AddAsync(commit, 1, 10);
        commit.Abandon("taken");
        Assert.Equal(StoreState.Down, commit.State);
        var handedOn = Assert.Single(_host.NotWritten);

        // Its successor begins with the same number, and its store hangs too.
        commit.Open(SegmentIndex.Open("s", await successors.OpenAsync("s", SegmentLogKind.Records, default), _events));
        successors.Hang();
        await AddAsync(commit, 2, 10);
        _store.Release();
        await PassAsync(10);

        Assert.Same(handedOn, Assert.Single(_host.Acknowledged));
        Assert.Equal(1, Pending(commit));
        successors.Release();
        await PassAsync(10);
        Assert.Equal([1, 2], _host.Acknowledged.Select(static s => s.InLog!.Count));
        Assert.Equal((handedOn.InLog!.Number, 0), (_host.Acknowledged[1].InLog!.Number, Pending(commit)));
    }

    [Fact]
    public async Task Abandon_BeforeAWriteHasBegun_WritesNothingOfItToItsSuccessor()
    {
        var successors = new MemoryBacklogStore();
        var commit = await OpenAsync();
        var successor = SegmentIndex.Open("s", await successors.OpenAsync("s", SegmentLogKind.Records, default), _events);
        await _store.OpenAsync("s", SegmentLogKind.Records, default);
        Add(commit, 1);
        _time.Advance(TimeSpan.FromMilliseconds(5));
        commit.Abandon("taken");
        commit.Open(successor);
        await PassAsync(20);
        Assert.Equal((0, 1), (successors.AppendCount, _host.NotWritten.Count));

        await AddAsync(commit, 2, 20);

        Assert.Equal(2, Assert.Single(_host.Acknowledged).InLog!.Count);
        Assert.Empty(_events.Defects);
    }

    [Fact]
    public async Task Fence_TellsTheHost_AndStopsThatWrite()
    {
        var commit = await OpenAsync();
        await _store.OpenAsync("s", SegmentLogKind.Records, default);
        await AddAsync(commit, 1, 20);
        Assert.Single(_host.FencedIndexes);
        Assert.Empty(_host.Acknowledged);

        commit.Stop("fenced");
        Assert.Single(_host.NotWritten);
        await AddAsync(commit, 1, 3_000);
        Assert.Equal((StoreState.Stopped, 0), (commit.State, _store.AppendCount));
    }

    /// <summary>A caller sees a good store, loses its turn, and adds its records when the store is known to be silent.</summary>
    [Fact]
    public async Task TryAdd_WhenTheStoreFellSilentAfterTheCallerLooked_IsRefused()
    {
        var commit = await OpenHangingAsync();
        await AddAsync(commit, 1, 10);
        Assert.Equal(StoreState.Good, commit.State);
        await PassAsync(3_000);
        Assert.Equal((StoreState.Down, 1), (commit.State, _host.NotWritten.Count));

        Assert.False(TryAdd(commit, goesBehind: false));
        await PassAsync(60_000);
        Assert.Single(_host.NotWritten);
    }

    [Fact]
    public async Task Add_WhenTheStoreIsSilent_IsHandedOn()
    {
        var commit = await OpenHangingAsync();
        await AddAsync(commit, 1, 3_000);

        Add(commit, 1);

        Assert.Equal(2, _host.NotWritten.Count);
        commit.Stop("disposed");
        Add(commit, 1);
        Assert.Equal(3, _host.NotWritten.Count);
    }

    /// <summary>A caller sees a good store, and the log is fenced for good before it adds its records.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task TryAdd_AfterStop_IsRefused(bool inOrder)
    {
        var commit = await OpenAsync(inOrder);
        Assert.Equal(StoreState.Good, commit.State);
        commit.Stop("fenced");

        Assert.False(TryAdd(commit, goesBehind: inOrder));
        Assert.False(commit.HasWaiting);
    }

    [Fact]
    public async Task InOrder_WhileTheStoreIsSilent_LaterRecordsAreHandedOnInTheirOrder()
    {
        var commit = await OpenHangingAsync(inOrder: true);
        await AddAsync(commit, 1, 3_000);
        // What was handed on is no longer waited for.
        Assert.Equal((StoreState.Down, 1, false), (commit.State, Pending(commit), commit.HasWaiting));

        Assert.True(TryAdd(commit, goesBehind: true));
        Assert.True(commit.HasWaiting);
        Assert.True(TryAdd(commit, goesBehind: true));
        await PassAsync(3_000);

        Assert.Equal([1, 2], _host.NotWritten.Select(static s => s.Callers.Count));
        Assert.False(commit.HasWaiting);
    }

    /// <summary>A record that comes while others are on their way into the engines goes behind them, and is handed on by the same thread.</summary>
    [Fact]
    public async Task InOrder_WhileRecordsAreHandedOn_NoneIsHandedOnBesideThem()
    {
        var commit = await OpenHangingAsync(inOrder: true);
        var (seen, beside) = (new List<(int HandedOn, bool Waits, int Beside)>(), 0);
        _host.OnNotWritten = () =>
        {
            seen.Add((_host.NotWritten.Count, commit.HasWaiting, beside));
            if (_host.NotWritten.Count > 2)
                return;
            Assert.True(TryAdd(commit, goesBehind: true));
            // Another thread that would hand on finds one that does.
            beside++;
            commit.Expedite();
            beside--;
        };
        await AddAsync(commit, 1, 3_000);

        Assert.Equal([(1, true, 0), (2, true, 0), (3, true, 0)], seen);
        Assert.False(commit.HasWaiting);
    }

    [Fact]
    public async Task InOrder_OverTheLimit_WritesNothing_UntilSegmentsGo()
    {
        var commit = await OpenAsync(inOrder: true);
        (_host.IsOverLimit, _host.MayRoute) = (true, false);
        Assert.True(TryAdd(commit, goesBehind: true));
        await PassAsync(60_000);
        Assert.Equal((StoreState.Good, 0, 1), (commit.State, _store.AppendCount, Pending(commit)));
        Assert.Empty(_host.NotWritten);

        _host.IsOverLimit = false;
        commit.MadeRoom();
        await PipelineHarness.SettleAsync();

        Assert.Single(_host.Acknowledged);
        Assert.Equal(0, Pending(commit));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task InOrder_OverTheLimit_HandsRecordsOn_WhereNothingWaitsInTheStore_OrTheProcessStops(bool stops)
    {
        var commit = await OpenAsync(inOrder: true);
        _host.IsOverLimit = true;
        Assert.True(TryAdd(commit, goesBehind: true));
        Assert.Empty(_host.NotWritten);

        if (stops)
            commit.Expedite();
        else
            await PassAsync(3_000);

        Assert.Single(_host.NotWritten);
        Assert.Equal((0, 0), (_store.AppendCount, Pending(commit)));
        if (!stops)
            return;
        // Kept in the end, while there was room.
        Assert.True(TryAdd(commit, goesBehind: false));
        await PipelineHarness.SettleAsync();
        Assert.Single(_host.Acknowledged);
    }

    /// <summary>The store acknowledged what came behind them while they were on their way: it went ahead of them.</summary>
    [Fact]
    public async Task InOrder_WhileRecordsAreHandedOn_NothingIsWrittenBehindThem()
    {
        var commit = New(inOrder: true);
        var index = await OpenIndexAsync();
        commit.Open(index);
        _host.IsOverLimit = true;
        var begun = -1;
        _host.OnNotWritten = () =>
        {
            Assert.True(TryAdd(commit, goesBehind: true));
            _host.IsOverLimit = false;
            _time.Advance(TimeSpan.FromMilliseconds(10));
            commit.MadeRoom();
            begun = index.Segments;
        };
        Assert.True(TryAdd(commit, goesBehind: true));

        await PassAsync(3_000);

        Assert.Equal(0, begun);
        Assert.Single(_host.Acknowledged);
        Assert.Single(_host.NotWritten);
    }

    /// <summary>One thread finds that the log is not open for too long, another one opens it before the first has told.</summary>
    [Fact]
    public async Task StateChanged_ByTwoThreads_IsToldInTheOrderOfTheChanges()
    {
        var (commit, index) = (New(), await OpenIndexAsync());
        _host.OnStateChanged = state =>
        {
            if (state == StoreState.Down)
                OwnThread.Run(() => commit.Open(index)).GetAwaiter().GetResult();
        };
        await AddAsync(commit, 1, 3_000);

        Assert.Equal(StoreState.Good, commit.State);
        Assert.Equal([StoreState.Down, StoreState.Good], _host.States);
    }

    private static bool TryAdd(GroupCommit commit, bool goesBehind)
    {
        var sink = new AcceptedOutcome(new AcceptanceTerms(new FlushGeneration(), 0, long.MaxValue, Immediate: false));
        var record = new IncomingRecord { PartitionKey = "k"u8, HashKey = 0, HasExplicitHashKey = false, Data = [1], Member = new MemberRef(sink, 0) };
        return commit.TryAdd(record, 0, PendingFate.Route, goesBehind);
    }

    private GroupCommit New(bool inOrder = false)
    {
        var clock = new MonotonicClock(_time);
        var commit = new GroupCommit(TimeSpan.FromMilliseconds(5), inOrder, _events, clock, new TimerQueue(clock, _events.Defects.Enqueue));
        commit.Start(_host);
        return commit;
    }

    private static int Pending(GroupCommit commit) => commit.Look(static s => s.Count);

    private async Task<GroupCommit> OpenAsync(bool inOrder = false)
    {
        _store.MaxAppends = 1;
        var commit = New(inOrder);
        commit.Open(await OpenIndexAsync());
        return commit;
    }

    private async Task<GroupCommit> OpenHangingAsync(bool inOrder = false)
    {
        var commit = await OpenAsync(inOrder);
        _store.Hang();
        return commit;
    }

    private async Task<SegmentIndex> OpenIndexAsync() => SegmentIndex.Open("s", await _store.OpenAsync("s", SegmentLogKind.Records, default), _events);

    private static void Add(GroupCommit commit, int records)
    {
        var sink = new AcceptedOutcome(new AcceptanceTerms(new FlushGeneration(), 0, long.MaxValue, Immediate: false));
        for (var i = 0; i < records; i++)
        {
            var key = Encoding.UTF8.GetBytes($"key-{i}");
            var record = new IncomingRecord { PartitionKey = key, HashKey = 0, HasExplicitHashKey = false, Data = [1], Member = new MemberRef(sink, i) };
            commit.Add(record, 0, PendingFate.Route);
        }
    }

    private Task AddAsync(GroupCommit commit, int records, int thenMilliseconds)
    {
        Add(commit, records);
        return PassAsync(thenMilliseconds);
    }

    private Task PassAsync(int milliseconds) => PipelineHarness.PassAsync(_time, TimeSpan.FromMilliseconds(milliseconds), stepMs: 5);

    private sealed class Host : ICommitHost
    {
        public List<PendingSegment> Acknowledged { get; } = [];

        public List<PendingSegment> NotWritten { get; } = [];

        public List<SegmentIndex> FencedIndexes { get; } = [];

        public List<StoreState> States { get; } = [];

        public bool MayRoute
        {
            get
            {
                var may = field;
                OnAsked();
                return may;
            }
            set;
        } = true;

        public Action OnAsked { get; set; } = static () => { };

        public bool IsOverLimit { get; set; }

        public Action OnAcknowledged { get; set; } = static () => { };

        public Action OnNotWritten { get; set; } = static () => { };

        public Action<StoreState> OnStateChanged { get; set; } = static _ => { };

        void ICommitHost.Acknowledged(PendingSegment segment)
        {
            Acknowledged.Add(segment);
            OnAcknowledged();
        }

        void ICommitHost.NotWritten(IReadOnlyList<PendingSegment> segments)
        {
            NotWritten.AddRange(segments);
            OnNotWritten();
        }

        void ICommitHost.Fenced(SegmentIndex index, BacklogFencedException why) => FencedIndexes.Add(index);

        void ICommitHost.StateChanged(StoreState state, string? error)
        {
            OnStateChanged(state);
            lock (States)
                States.Add(state);
        }
    }
}
