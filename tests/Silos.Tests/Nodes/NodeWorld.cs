using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Adapters.Logging;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Lanes;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.Idle;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Load;
using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Pipeline.Tests.Telemetry;
using Orleans.Kpl.Scaling.Running;
using Orleans.Kpl.Silos.Lanes;
using Orleans.Kpl.Silos.Management;

namespace Orleans.Kpl.Silos.Tests.Nodes;

/// <summary>A cluster of silos in this process, without Orleans: membership, calls and the directory are tables and method calls.</summary>
internal sealed class NodeWorld : IAsyncDisposable
{
    public const string Stream = "events";

    /// <summary>Short enough to wait for, and longer than a put takes.</summary>
    public static readonly TimeSpan ShortIdleLimit = TimeSpan.FromMilliseconds(300);

    private readonly KplOptions _options;
    private readonly Lock _lock = new();
    private readonly List<WorldSilo> _silos = [];
    private readonly List<WorldSilo> _lost = [];
    private readonly List<(WorldSilo Silo, MetricReader Metrics)> _metrics = [];
    private int _started;

    public NodeWorld(int shards, Action<KplOptions>? configure = null)
    {
        Kinesis = new FakeKinesis(shards);
        _options = new KplOptions { RecordMaxBufferedTime = TimeSpan.FromMilliseconds(20) };
        configure?.Invoke(_options);
        Directory = new WorldDirectory(this);
        Managers = new WorldManagers(this);
    }

    public FakeKinesis Kinesis { get; }

    public IStateStore Rows { get; init; } = new MemoryStateStore();

    /// <summary>The backlog that the silos share; null for none.</summary>
    public IWriterStores? Backlog { get; init; }

    /// <summary>The backlog of a silo that is alone; null for none.</summary>
    public IBacklogStore? OwnBacklog { get; init; }

    /// <summary>The rows that such a silo leaves to the next one; null for none.</summary>
    public IRowStore? Kept { get; init; }

    /// <summary>How long a stream is unused before a silo closes it.</summary>
    public TimeSpan IdleLimit { get; init; } = StreamIdling.Limit;

    /// <summary>The time of the silos.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Makes the meters of the silos; null for meters of their own, whose terms must be those of the ledgers in the end.</summary>
    public IMeterFactory? Meters { get; init; }

    public ILoggerFactory Loggers { get; init; } = NullLoggerFactory.Instance;

    /// <summary>Of which streams the loads were asked for.</summary>
    public ConcurrentQueue<string> LoadsAsked { get; } = new();

    public WorldDirectory Directory { get; }

    public WorldManagers Managers { get; }

    /// <summary>The silos that were started and are not dead.</summary>
    public IReadOnlyList<WorldSilo> Silos
    {
        get
        {
            lock (_lock)
                return [.. _silos.Where(static s => s.Standing != SiloStanding.Dead)];
        }
    }

    public IReadOnlyCollection<KeyValuePair<SiloId, SiloStanding>> Standings
    {
        get
        {
            lock (_lock)
                return [.. _silos.Select(static s => KeyValuePair.Create(s.Id, s.Standing))];
        }
    }

    public WorldSilo? Find(SiloId id)
    {
        lock (_lock)
            return _silos.Find(s => s.Id.Equals(id));
    }

    public async Task<WorldSilo> StartAsync()
    {
        var number = Interlocked.Increment(ref _started);
        var silo = new WorldSilo(this, new SiloId(IPAddress.Loopback, number, number));
        var metrics = LedgerTerms.Listen();
        silo.Node = new SiloNode(new SiloSeams
        {
            Options = _options,
            Membership = silo,
            Links = silo,
            Clients = (id, stream) => new SessionCalls(Find(id)!.Node.Sessions, stream),
            Shards = Directory.For(silo),
            Managers = Managers,
            Kinesis = new OwnWay(Kinesis.For(() => silo.Standing == SiloStanding.Dead), silo),
            Admin = new AdminServices { Kinesis = new NoControl(), Store = Rows, Kept = Kept, Time = Time, Events = new AdminLog(NullLogger.Instance) },
            State = Rows,
            SharedBacklog = Backlog,
            OwnBacklog = OwnBacklog,
            IdleLimit = IdleLimit,
            Time = Time,
            Random = new Random(number),
            NewId = Guid.NewGuid,
            Loggers = Loggers,
            Meters = Meters ?? metrics,
        });
        lock (_lock)
        {
            _silos.Add(silo);
            _metrics.Add((silo, metrics));
        }

        await silo.Node.StartAsync(CancellationToken.None);
        Set(silo, SiloStanding.Active);
        silo.Node.Activate();
        return silo;
    }

    /// <summary>The silo leaves in good order.</summary>
    public async Task StopAsync(WorldSilo silo)
    {
        await silo.Node.StopAsync();
        Set(silo, SiloStanding.Stopping);
        await Managers.LeaveAsync(silo);
        Set(silo, SiloStanding.Dead);
    }

    /// <summary>The silo is gone from one instant to the next.</summary>
    public void Kill(WorldSilo silo)
    {
        _lost.Add(silo);
        Directory.Lose(silo);
        Managers.Lose(silo);
        Set(silo, SiloStanding.Dead);
    }

    /// <summary>Waits for what ends; where the time of the silos is fake, it passes meanwhile.</summary>
    public async Task PassAsync(Task ending)
    {
        if (Time is FakeTimeProvider time)
            await time.PassUntilAsync(() => ending.IsCompleted, TimeSpan.FromMilliseconds(50));
        await ending;
    }

    public async ValueTask DisposeAsync()
    {
        await PassAsync(EndAsync());
        if (Meters is null)
            LedgerTerms.AssertEqual([.. _metrics.Select(m => (m.Metrics, m.Silo.Node.Producer.ReadLedger(), _lost.Contains(m.Silo)))]);
        foreach (var (_, metrics) in _metrics)
            metrics.Dispose();
    }

    private async Task EndAsync()
    {
        // Each tells the others that it leaves, and waits for their answers.
        foreach (var silo in Silos)
            silo.IsSilent = false;
        // One that was killed has nothing that could end.
        foreach (var silo in Silos)
        {
            await StopAsync(silo);
            await silo.Node.DisposeAsync();
        }
    }

    private void Set(WorldSilo silo, SiloStanding standing)
    {
        silo.Standing = standing;
        foreach (var other in Silos)
            other.OnChanged(silo.Id, standing);
    }

    /// <summary>Kinesis as the network of one silo reaches it.</summary>
    private sealed class OwnWay(IKinesisGateway kinesis, WorldSilo silo) : IKinesisGateway
    {
        public ValueTask<PutRecordsReply> PutRecordsAsync(StreamTarget stream, ReadOnlyMemory<PutRecordsEntry> entries, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref silo.Puts);
            return Reached().PutRecordsAsync(stream, entries, cancellationToken);
        }

        public ValueTask<PutRecordsReplyEntry> PutRecordAsync(
            StreamTarget stream, PutRecordsEntry entry, string? sequenceNumberForOrdering, CancellationToken cancellationToken) =>
            Reached().PutRecordAsync(stream, entry, sequenceNumberForOrdering, cancellationToken);

        public ValueTask<IReadOnlyList<ShardRange>> ListShardsAsync(StreamTarget stream, CancellationToken cancellationToken) =>
            Reached().ListShardsAsync(stream, cancellationToken);

        public ValueTask<IReadOnlyList<ShardRange>> ListClosedShardsAsync(StreamTarget stream, CancellationToken cancellationToken) =>
            Reached().ListClosedShardsAsync(stream, cancellationToken);

        public ValueTask<StreamSummary> DescribeStreamSummaryAsync(StreamTarget stream, CancellationToken cancellationToken) =>
            Reached().DescribeStreamSummaryAsync(stream, cancellationToken);

        private IKinesisGateway Reached() => silo.ReachesKinesis ? kinesis
            : throw new KinesisException(KinesisFailureKind.NotSent, RecordErrorCodes.ConnectionFailed, "simulated: no network");
    }

    /// <summary>Nobody changes shards here.</summary>
    private sealed class NoControl : IKinesisControl
    {
        public Task SplitShardAsync(StreamTarget stream, string shardId, UInt128 newStartingHashKey, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task MergeShardsAsync(StreamTarget stream, string shardId, string adjacentShardId, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task UpdateShardCountAsync(StreamTarget stream, int targetShardCount, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<AccountShards> DescribeLimitsAsync(StreamTarget stream, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<StreamSummary> DescribeStreamSummaryAsync(StreamTarget stream, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public ValueTask<string?> DescribeCommitmentAsync(StreamTarget stream, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task ChangeCapacityAsync(StreamTarget stream, string streamArn, CapacityCall call, CancellationToken cancellationToken) =>
            throw new NotSupportedException();
    }
}

/// <summary>The ways of one client into a <see cref="NodeWorld"/>: each lane goes to one silo, and they take turns.</summary>
/// <param name="world">The silos.</param>
/// <param name="opened">Lanes are not opened before it completes.</param>
internal sealed class WorldLanes(NodeWorld world, Task opened) : ILanes
{
    private int _last;

    public CancellationToken GatewayLost => CancellationToken.None;

    public ILaneCalls Fresh(string stream) =>
        new SessionCalls(world.Silos[Interlocked.Increment(ref _last) % world.Silos.Count].Node.Sessions, stream, opened);
}

/// <summary>Calls the sessions of one silo.</summary>
/// <param name="opened">No session is opened before it completes; null for at once.</param>
internal sealed class SessionCalls(ClientSessions sessions, string stream, Task? opened = null) : ILaneCalls
{
    public async Task<ClientReply> OpenAsync(ClientRequest request)
    {
        await (opened ?? Task.CompletedTask);
        return await sessions.OpenAsync(stream, request);
    }

    public Task<ClientReply> AcceptAsync(ClientBatch batch) => sessions.AcceptAsync(stream, batch);

    public Task<ClientOutcomes> TakeOutcomesAsync(ClientRequest request) => sessions.TakeOutcomesAsync(stream, request);

    public Task<ClientReply> FlushAsync(ClientRequest request) => sessions.FlushAsync(stream, request);

    public Task<ClientReply> CloseAsync(ClientRequest request) => sessions.CloseAsync(stream, request);
}

/// <summary>Keeps one manager of each stream, on the silo that started first.</summary>
internal sealed class WorldManagers(NodeWorld world) : IStreamManagers
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (WorldSilo Silo, StreamManager Manager)> _active = [];
    private readonly TaskFactory _turns = new(new ConcurrentExclusiveSchedulerPair().ExclusiveScheduler);

    /// <summary>Calls a stream's manager. Calls may interleave, but run on one thread at a time, as those of a grain.</summary>
    public Task<T> CallAsync<T>(string stream, Func<StreamManager, Task<T>> call) => _turns.StartNew(() => call(Of(stream))).Unwrap();

    public async Task<IReadOnlyList<ShardRange>> ListShardsAsync(string stream) => (await CallAsync(stream, static m => m.Readings.OpenAsync())).Shards;

    public Task<IReadOnlyList<ShardRange>> ListClosedShardsAsync(string stream) => CallAsync(stream, static m => m.Readings.ClosedAsync());

    public Task<StreamSummary> DescribeAsync(string stream) => CallAsync(stream, static m => m.Readings.DescriptionAsync());

    /// <summary>Whether reports of failures are refused.</summary>
    public bool RefusesReports { get; set; }

    /// <summary>How many reports were refused.</summary>
    public int ReportsRefused { get; private set; }

    public Task ReportFailuresAsync(string stream, FailureBatch failures)
    {
        if (RefusesReports)
        {
            ReportsRefused++;
            throw new TimeoutException("no answer");
        }

        return _turns.StartNew(() => Of(stream).AddFailures(failures));
    }

    public Task SetAsideAsync(string stream, DeadLetterBatch report) => TurnAsync(() => Of(stream).SetAsideAsync(report));

    public Task WakeAsync(string stream) => TurnAsync(() => Of(stream).ResumeAsync());

    private Task TurnAsync(Func<Task> call) => _turns.StartNew(call).Unwrap();

    private StreamManager Of(string stream)
    {
        lock (_lock)
        {
            if (_active.TryGetValue(stream, out var active))
                return active.Manager;
            var silo = world.Silos[0];
            var manager = silo.Node.NewManager(stream, static () => { }, static _ => { });
            _active[stream] = (silo, manager);
            return manager;
        }
    }

    /// <summary>The managers of a silo end in good order.</summary>
    public async Task LeaveAsync(WorldSilo silo)
    {
        foreach (var manager in Lose(silo))
            await TurnAsync(manager.EndAsync);
    }

    public IReadOnlyList<StreamManager> Lose(WorldSilo silo)
    {
        lock (_lock)
        {
            var lost = _active.Where(m => m.Value.Silo == silo).ToList();
            foreach (var (stream, _) in lost)
                _active.Remove(stream);
            return [.. lost.Select(static m => m.Value.Manager)];
        }
    }
}

/// <summary>One silo of a <see cref="NodeWorld"/>, with what it knows of the others.</summary>
internal sealed class WorldSilo(NodeWorld world, SiloId id) : ISiloMembership, ISiloLinks
{
    private volatile SiloStanding _standing = SiloStanding.Starting;
    private Action<SiloId, SiloStanding>? _changed;

    public SiloId Id => id;

    public SiloNode Node { get; set; } = null!;

    public SiloStanding Standing
    {
        get => _standing;
        set => _standing = value;
    }

    /// <summary>Whether calls to this silo are never answered, though it counts as alive.</summary>
    public bool IsSilent { get; set; }

    /// <summary>Whether outcomes that other silos tell do not reach it.</summary>
    public bool RefusesOutcomes { get; set; }

    /// <summary>How many messages of outcomes did not.</summary>
    public int OutcomesRefused;

    /// <summary>Whether this silo's calls reach Kinesis, as far as its own network is concerned.</summary>
    public bool ReachesKinesis { get; set; } = true;

    /// <summary>How many calls with records it has begun straight to Kinesis, of its own and of other silos.</summary>
    public int Puts;

    /// <summary>The calls with records that other silos asked it to make: how many records each.</summary>
    public ConcurrentQueue<int> PutsOfOthers { get; } = [];

    /// <summary>Has calls with ordered records of others arrive later, or fail.</summary>
    public Func<Task> BeforeOrderedPut { get; set; } = static () => Task.CompletedTask;

    /// <summary>Has it hear later that another silo leaves.</summary>
    public Func<Task> BeforeLeaving { get; set; } = static () => Task.CompletedTask;

    public SiloId Self => id;

    /// <summary>Puts records of 10 bytes, each with a key of its own.</summary>
    public Task<RecordResult[]> PutAsync(int count, int first = 0, string stream = NodeWorld.Stream, PutOptions? options = null)
    {
        UserRecord[] records = [.. Enumerable.Range(first, count).Select(static i => new UserRecord($"key-{i}", new byte[10]))];
        return Node.Producer.PutAsync(stream, records, options).AsTask().WaitAsync(Waiting.Long);
    }

    /// <summary>Puts such records, and all are delivered.</summary>
    public async Task DeliverAsync(int count, int first = 0, string stream = NodeWorld.Stream) =>
        Assert.All(await PutAsync(count, first, stream), static r => Assert.True(r.IsSuccess, r.ToString()));

    /// <summary>Puts such records while Kinesis takes none, and the backlog has them.</summary>
    public async Task PersistAsync(int count, int first = 0) => Assert.All(
        await PutAsync(count, first, options: new PutOptions { AckLevel = AckLevel.Persisted }), static r => Assert.Equal(RecordStatus.Persisted, r.Status));

    public IReadOnlyCollection<KeyValuePair<SiloId, SiloStanding>> Silos => world.Standings;

    public SiloStanding StandingOf(SiloId silo) => world.Find(silo)?.Standing ?? SiloStanding.None;

    public void Subscribe(Action<SiloId, SiloStanding> changed) => _changed = changed;

    public void OnChanged(SiloId silo, SiloStanding standing) => _changed?.Invoke(silo, standing);

    public ISiloCalls To(SiloId silo) => new Wire(world, silo);

    /// <summary>Calls reach a silo while it is not dead.</summary>
    private sealed class Wire(NodeWorld world, SiloId to) : ISiloCalls, IKinesisRelay
    {
        private ISiloCalls There => world.Find(to) is { Standing: not SiloStanding.Dead } silo ? silo.Node.Calls : throw new IOException($"{to} is dead");

        public async Task<bool> TakeRecordsAsync(RecordsFrame frame) => await There.TakeRecordsAsync(frame);

        public async Task TakeOutcomesAsync(OutcomesFrame frame)
        {
            if (world.Find(to) is { RefusesOutcomes: true } silo)
            {
                Interlocked.Increment(ref silo.OutcomesRefused);
                throw new TimeoutException("no answer");
            }

            await There.TakeOutcomesAsync(frame);
        }

        public async Task ExpediteAsync(string stream) => await There.ExpediteAsync(stream);

        public async Task MapChangedAsync(string stream) => await There.MapChangedAsync(stream);

        public async Task AnnounceBoundariesAsync(string stream, UInt128[] hashKeys) => await There.AnnounceBoundariesAsync(stream, hashKeys);

        public async Task WithdrawBoundariesAsync(string stream, UInt128[] hashKeys) => await There.WithdrawBoundariesAsync(stream, hashKeys);

        public async Task<IReadOnlyList<(string ShardId, ShardLoadReport? Report)>> GetLoadsAsync(string stream)
        {
            world.LoadsAsked.Enqueue(stream);
            return await There.GetLoadsAsync(stream);
        }

        public async Task LeavingAsync(SiloId silo)
        {
            await AnsweringAsync();
            await world.Find(to)!.BeforeLeaving();
            await There.LeavingAsync(silo);
        }

        public async Task MovedAsync(SiloId silo)
        {
            await AnsweringAsync();
            await There.MovedAsync(silo);
        }

        /// <remarks>Orleans gives up a call that is not answered.</remarks>
        public async Task<SiloLedger> GetLedgerAsync(string stream) =>
            world.Find(to) is { IsSilent: true } ? throw new TimeoutException() : await There.GetLedgerAsync(stream);

        public async Task<LastNumbers> GetNumbersAsync(string stream) =>
            world.Find(to) is { IsSilent: true } ? throw new TimeoutException() : await There.GetNumbersAsync(stream);

        public async Task<ProcessReport> ReportAsync(string? stream)
        {
            await AnsweringAsync();
            return await There.ReportAsync(stream);
        }

        public async Task BacklogLeftAsync()
        {
            await AnsweringAsync();
            await There.BacklogLeftAsync();
        }

        public IKinesisRelay Kinesis => this;

        public async Task<IReadOnlyList<PutRecordsReplyEntry>?> PutRecordsAsync(string stream, ReadOnlyMemory<PutRecordsEntry> entries)
        {
            var sent = FakeKinesis.Copies(entries);
            world.Find(to)!.PutsOfOthers.Enqueue(sent.Length);
            await AnsweringAsync();
            return await There.Kinesis.PutRecordsAsync(stream, sent);
        }

        public async Task<SiloTime> GetClocksAsync()
        {
            await AnsweringAsync();
            return await There.Kinesis.GetClocksAsync();
        }

        public async Task<IReadOnlyList<PutRecordsReplyEntry>?> PutOrderedAsync(
            string stream, ReadOnlyMemory<PutRecordsEntry> entries, string? after, SiloTime until)
        {
            var sent = FakeKinesis.Copies(entries);
            world.Find(to)!.PutsOfOthers.Enqueue(sent.Length);
            await AnsweringAsync();
            await world.Find(to)!.BeforeOrderedPut();
            return await There.Kinesis.PutOrderedAsync(stream, sent, after, until);
        }

        public async Task<IReadOnlyList<ShardRange>> ListShardsAsync(string stream) => await There.Kinesis.ListShardsAsync(stream);

        public async Task<IReadOnlyList<ShardRange>> ListClosedShardsAsync(string stream) => await There.Kinesis.ListClosedShardsAsync(stream);

        public async Task<StreamSummary> DescribeAsync(string stream)
        {
            await AnsweringAsync();
            return await There.Kinesis.DescribeAsync(stream);
        }

        private Task AnsweringAsync() => world.Find(to) is { IsSilent: true } ? Task.Delay(Timeout.Infinite) : Task.CompletedTask;
    }
}
