using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Announcing;
using Orleans.Kpl.Pipeline.Apart;
using Orleans.Kpl.Pipeline.Backlog;
using Orleans.Kpl.Pipeline.Backlog.Keeping;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.Doubts;
using Orleans.Kpl.Pipeline.Fairness;
using Orleans.Kpl.Pipeline.Flushing;
using Orleans.Kpl.Pipeline.Health;
using Orleans.Kpl.Pipeline.Horizons;
using Orleans.Kpl.Pipeline.Idle;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Maps.Following;
using Orleans.Kpl.Pipeline.Numbers;
using Orleans.Kpl.Pipeline.Ordering;
using Orleans.Kpl.Pipeline.Owning;
using Orleans.Kpl.Pipeline.Road;
using Orleans.Kpl.Pipeline.Road.Accepting;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Judging;
using Orleans.Kpl.Pipeline.Road.Limiting;
using Orleans.Kpl.Pipeline.Road.Outcomes;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Road.Routing;
using Orleans.Kpl.Pipeline.Road.Sending;
using Orleans.Kpl.Pipeline.Services;
using Orleans.Kpl.Pipeline.Serving;
using Orleans.Kpl.Pipeline.Settings;
using Orleans.Kpl.Pipeline.Telemetry;
using Orleans.Kpl.Pipeline.Telemetry.Reporting;
using Orleans.Kpl.Pipeline.Timing;
using Orleans.Kpl.Pipeline.Tracing;
using Orleans.Kpl.Pipeline.Tracing.Calls;
using Orleans.Kpl.Pipeline.Watching;

namespace Orleans.Kpl.Pipeline;

/// <summary>One stream of a process that sends to Kinesis itself: its road, connected with all that hangs on it.</summary>
internal sealed class StreamPipeline : StreamRoad, IOpenStream, IMeasuredStream
{
    private readonly PipelineServices _services;
    private readonly PipelineSettings _settings;
    private readonly BacklogLedger _ledger;
    private readonly MemoryLimit _memory;
    private readonly RecordRouter _router;
    private readonly IShardOwners? _owners;
    private readonly EngineHost _engines;
    private readonly ShardTopology _topology;
    private readonly RecordLimit _limit;
    private readonly ShardMapReader _map;
    private readonly MapKnowledge _known;
    private readonly MemoryPressure _pressure;
    private readonly ReliefElsewhere? _elsewhere;
    private readonly BoundaryAnnouncer _announcer;
    private readonly RecordCompleter _completer;
    // Everything that hangs on the road ends with it.
    private readonly Action _beginStop;
    private readonly Func<Task>? _close;
    private readonly Lazy<Task<Task>> _ending;

    /// <summary>Builds the steps from the last to the first, so that each step is given those that come after it.</summary>
    public StreamPipeline(
        string stream, StreamOptions options, PipelineServices services, Func<StreamPipeline, IShardOwners>? owners = null,
        BacklogServices? backlog = null, BacklogLedger? ledger = null)
        : base(stream)
    {
        var (gateway, events, clock) = (services.Gateway, services.Events, services.Clock);
        var target = StreamTarget.Of(stream, options);
        _ledger = ledger ?? new BacklogLedger();
        _services = services;
        _settings = StreamWiring.SettingsOf(stream, options, services, staysHere: owners is null && backlog is null);
        // The owners keep this pipeline and do not use it before the first record arrives.
        _owners = owners?.Invoke(this);

        // outcome
        _memory = new FairMemory(options.MaxOutstandingBytes, options.MaxOutstandingRecords, services.Memory);
        Telemetry = new StreamTelemetry(stream, services, Health);
        _completer = _owners is null && backlog is null
            ? new RecordCompleter(_ledger, _memory, Telemetry)
            : new MixedCompleter(_ledger, _memory, Telemetry);

        // the shard map, and an engine for each shard
        var horizon = new StreamHorizon(_settings.Ttl, () => clock.Now, _owners is { } silos ? () => silos.Processes : null)
        {
            NewAlarm = run =>
            {
                var alarm = new ExpiryTimer(services.Timers, _ => run());
                return at => alarm.Searched(clock.Now, at);
            },
        };
        var all = _settings.IsEven ? new ShardHorizon(horizon, _settings.Shard) : null;
        var features = StreamWiring.FeaturesOf(_settings, horizon, services.Load, all, id => services.Instruments.Of(stream, id));
        _engines = new EngineHost(_settings, services, _owners, features);
        _topology = new ShardTopology(_engines.NewEngine, _settings.KeepsOrder, awaitsHoles: !_engines.MayGoUnpredicted);
        Table = _topology.Table;
        _limit = new RecordLimit(gateway, target, _settings, events, clock, services.NewRandom());
        var follower = new ShardMapApplier(stream, _settings, _topology, _engines, _limit, _completer, events, clock);
        _map = new ShardMapReader(gateway, target, follower, events, Health, clock, services.NewRandom());
        _beginStop = _map.Stop;
        // Records of other processes are in no ledger here.
        Health.IsIdle = () => Ledger is { InFlight: 0, InBacklog: 0 } && Barrier.Open == 0;
        _beginStop += new AwayProbe(Health, clock, services.Timers, () => Ledger.InFlight == 0 && Barrier.Open == 0, _map.Refresh).Stop;

        // route
        (_router, var even) = StreamWiring.RouterOf(_settings, services, Table, _completer, _owners, _memory, all);
        var rerouter = new Rerouter(_settings, _topology, _map, _router, _completer, Telemetry, clock, () => Health.Trouble?.Told);
        if (backlog is not null)
        {
            var context = new BacklogContext(stream, _settings, services, backlog, _ledger);
            Backlog = new StreamBacklog(context, _memory, _limit, _completer, _router, _map.EnsureFresh);
        }

        _limit.Learned += new StreamSummaryApplier(_settings, _topology, follower, _map, _completer, rerouter).Apply;

        // collect, send, judge
        var search = new ShardSearch(_topology, _map, clock);
        _known = new MapKnowledge(_settings, _topology, _map, search, _limit, clock);
        var moves = StreamWiring.MovesOf(_settings, services, Table, rerouter.Reroute);
        Action<KinesisRecord> reroute = moves is null ? rerouter.Reroute : moves.Reroute;
        Judge = new CallJudge(_settings, Telemetry, _known, _completer, reroute, clock, services.NewRandom())
        {
            Amend = moves is not null ? moves.Amend : Backlog is not null && _settings.KeepsOrder ? StoredVerdicts.Of : null,
        };
        ICallWriter writer = options.Ordered == OrderedMode.PutRecord
            ? new TracedCallWriter(new PutRecordWriter(gateway, target), stream, "PutRecord", services.Events.HandlerThrew)
            : new TracedCallWriter(new PutRecordsWriter(gateway, target), stream, "PutRecords", services.Events.HandlerThrew);
        Sender = new StreamSender(writer, Judge, _settings, clock, services.Timers);
        Sender.Ended += MemoryPressure.IfAwaited(_memory, RelieveAll);
        _announcer = new BoundaryAnnouncer(_topology, Sender, clock, rerouter);
        _beginStop += _announcer.Stop;
        Shards = new ServedShards(_topology, Sender, _map, search, rerouter, _owners, clock, () => services.Instruments.OwnerMoved(stream));
        KeepFailed? keep = Backlog is null ? null : Backlog.Fallback.KeepFailed;
        var completer = new ForwardedCompleter(_ledger, _memory, Telemetry, keep);
        Forwarding = new Forwarding(Barrier, _topology, _router, _map, completer, clock);
        _engines.Connect(Sender, rerouter.Reroute, Shards.Adopt);

        // accept
        if (Backlog is not null)
        {
            _beginStop += Backlog.BeginStop;
            _close = Backlog.CloseAsync;
        }

        Promises = TracedPromises.Instance;
        var acceptor = new RecordAcceptor(_settings, clock, Telemetry, _ledger, Barrier, _router)
        {
            Promises = Promises,
            Arrived = _map.EnsureFresh,
            Sender = Sender,
        };
        Admission = StreamWiring.AdmissionOf(
            _settings, services, Telemetry, _memory, RelieveAll, acceptor, horizon, _topology, _limit, _router, Backlog, () => _map.IsUnknown, _map.Asked,
            even);
        _pressure = new MemoryPressure(_settings, Table, Sender, Telemetry, clock);
        // A shorter linger ends before anybody would be asked.
        if (_owners is { } others && options.RecordMaxBufferedTime > ReliefElsewhere.Interval)
            _elsewhere = new ReliefElsewhere(_memory, others.Expedite, Timers, clock);

        _ending = new(EndOnceAsync);
        Backlog?.Begin();
        _map.Refresh();
    }

    public StreamLedger Ledger => _ledger.Read();

    /// <summary>The engines in force.</summary>
    public Routes Routes => Table.Current;

    /// <summary>Whether the stream's shards are known.</summary>
    public bool HasMap => _topology.Current.Map.Count > 0;

    /// <summary>How well the stream's calls to Kinesis go.</summary>
    public StreamHealth Health { get; } = new();

    /// <summary>Hears what happens to the stream's records.</summary>
    public StreamTelemetry Telemetry { get; }

    /// <summary>The clock for every instant that records carry.</summary>
    public MonotonicClock Clock => _services.Clock;

    /// <summary>The timers that wake whatever holds records of the stream.</summary>
    public TimerQueue Timers => _services.Timers;

    /// <summary>The pool from which batches of other processes are rented.</summary>
    public BatchPool Batches => _services.Batches;

    /// <summary>Whether the stream's records keep their order.</summary>
    public bool IsOrdered => _settings.KeepsOrder;

    /// <summary>The durable backlog of the stream; null where the process has none.</summary>
    public StreamBacklog? Backlog { get; }

    /// <summary>
    /// The shards that this process serves. In a cluster they change over time. The embedded producer does not use this: it serves every shard.
    /// </summary>
    public ServedShards Shards { get; }

    /// <summary>The records that processes forward to each other. The embedded producer forwards none.</summary>
    public Forwarding Forwarding { get; }

    /// <summary>Passes a record of an ordered stream on: see <see cref="QueuedRouter.PassOn"/>.</summary>
    public void PassOn(ShardEngine from, in IncomingRecord record) => ((QueuedRouter)_router).PassOn(from, record);

    /// <summary>
    /// Creates the numbers of records that go to another process; null where they have none. They get them here: that process may have sent a record
    /// that comes back, and the next one must send it with the same number.
    /// </summary>
    public NumberLine? NewForwardedNumbers() => _settings.KeptNumbers is { } numbers ? new NumberLine(numbers) : null;

    /// <summary>Accepts records that arrived in one message. The batch receives their results one by one.</summary>
    public async ValueTask EnqueuePackedAsync(PackedRecords records, IBatchOutcomes batch, PutOptions? options, CancellationToken cancellationToken)
    {
        using var source = new PackedSource(records);
        await Admission.PutAsync(source, batch, options, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Completes when every record that was accepted before this call has its outcome. Later records do not delay it.</summary>
    public Task FlushAsync()
    {
        var drained = Barrier.Close();
        MakeAllDue();
        _owners?.Expedite();
        return drained;
    }

    /// <summary>Sends every open aggregate without further linger.</summary>
    public void MakeAllDue()
    {
        foreach (var engine in Table.Current.All)
            engine.FlushNow();
        Sender.Expedite(Clock.Now);
    }

    /// <summary>Frees memory because a caller waits for it: see <see cref="MemoryPressure"/>, and <see cref="ReliefElsewhere"/> for what others have.</summary>
    public void Relieve()
    {
        _pressure.Relieve();
        _elsewhere?.Relieve();
    }

    /// <summary>Frees memory because a caller of this stream waits for it: here first, for it may wait for the stream's own.</summary>
    private void RelieveAll()
    {
        Relieve();
        _services.Relieve();
    }

    public void RejectWaiters(string reason) => Admission.Close(reason);

    /// <summary>Reads the shard map again, because it has probably changed.</summary>
    public void RefreshMap() => _map.Refresh();

    /// <summary>Announces that future shards will start at these hash keys: see <see cref="BoundaryAnnouncer"/>.</summary>
    public Task AnnounceBoundaries(IReadOnlyCollection<UInt128> hashKeys) => _announcer.AnnounceAsync(hashKeys);

    /// <summary>Withdraws the announcement that shards will start at these hash keys.</summary>
    public void WithdrawBoundaries(IReadOnlyCollection<UInt128> hashKeys) => _announcer.Withdraw(hashKeys);

    /// <summary>
    /// Whether no record would be lost if the process stopped now: every record without an outcome is in the backlog, or goes there because the
    /// stream spills, and no other process accepted any of them.
    /// </summary>
    public bool IsKept =>
        Ledger.InFlight is var own && Barrier.Open <= own && (own == 0 || Backlog is { Spill: not null, State: { TakesMore: true, KeepsAtStop: true } });

    /// <summary>What becomes of the stream where nobody uses it: it may only end without anything being lost or forgotten.</summary>
    public IdleStep WhenIdle => IdleDecision.Of(IsNeeded, Shards.Count, _owners?.HostedShards ?? 0, Shards.AwaitsFormerOwner);

    /// <summary>Whether callers wait for memory.</summary>
    public bool HasWaiters => _memory.HasWaiters;

    private bool IsNeeded =>
        // Records of other processes are in no ledger here; records in the backlog only are in no flush.
        Math.Max(Ledger.InFlight, Barrier.Open) > 0 || HasWaiters || Sender.HasCalls
        // A name that took nothing may be made up: where the identity may not put to it, nothing would ever end its trouble.
        || (Health.Trouble is not null && Ledger.Delivered > 0)
        || _topology.Boundaries.Count > 0 || Backlog is { HoldsNothing: false } || _owners is { IsAtRest: false };

    /// <summary>
    /// Whether calls are under way: its own, calls of other processes with its records, or the call for the first shard map. If the process stopped now, they
    /// might be made again.
    /// </summary>
    public bool IsSending => Sender.HasCalls || _owners is { IsAtRest: false }
        || (_topology.Current.Map.Count == 0 && Health.Trouble is null && !_map.IsUnknown);

    /// <summary>How long a call may take.</summary>
    public TimeSpan RequestTimeout => _settings.Options.RequestTimeout;

    /// <summary>Stops the replay. Completes when every record that came from the backlog has its outcome.</summary>
    public Task DrainBacklogAsync()
    {
        if (Backlog is null)
            return Task.CompletedTask;
        var drained = Backlog.DrainAsync();
        MakeAllDue();
        // They were persisted after the last flush, and may have gone to their owners since.
        _owners?.Expedite();
        return drained;
    }

    /// <summary>Completes all remaining records with code Shutdown, once. No record may be accepted after this.</summary>
    /// <returns>Completes with the closing of what hangs on the road, which may wait for a store, when every record has its outcome.</returns>
    public Task<Task> EndAsync() => _ending.Value;

    /// <summary>Ends as <see cref="EndAsync"/> does, and completes when everything is closed.</summary>
    public Task StopAsync() => EndAsync().Unwrap();

    private async Task<Task> EndOnceAsync()
    {
        _router.Stop();
        _limit.Stop();
        _beginStop();
        _owners?.Stop();
        foreach (var engine in _topology.End())
            _engines.Retire(engine);
        foreach (var record in Sender.Stop())
            _completer.FailShutDown(record);
        Timers.Cancel(Sender);
        await Barrier.Close().ConfigureAwait(false);
        return _close?.Invoke() ?? Task.CompletedTask;
    }

    public long OldestAcceptedAt()
    {
        var oldest = Math.Min(Sender.OldestAcceptedAt(), Math.Min(_known.OldestAcceptedAt(), _owners?.OldestAcceptedAt ?? long.MaxValue));
        oldest = Math.Min(oldest, Backlog?.State.OldestUnwrittenAt ?? long.MaxValue);
        foreach (var engine in Table.Current.All)
            oldest = Math.Min(oldest, engine.Inspect().OldestAcceptedAt);
        return oldest;
    }

    /// <summary>The memory that the stream's records hold, in bytes.</summary>
    public long OutstandingBytes => _memory.Bytes;

    /// <summary>How long the oldest record without an outcome has been waiting.</summary>
    public TimeSpan OldestRecordAge => Clock.AgeOf(OldestAcceptedAt());

    /// <summary>Whether it is a name that somebody misspelt: Kinesis does not know it, and it holds no record. Gauges tell nothing of it.</summary>
    public bool IsNoStream => _map.IsUnknown && Ledger.InFlight == 0 && BacklogStatus is not { Records: > 0 };

    /// <summary>The durable backlog; null where there is none.</summary>
    public BacklogStatus? BacklogStatus => Backlog?.Status;

    /// <summary>Whether other silos make its calls now; null where there are none.</summary>
    public bool? IsRelayed => _owners is null ? null : _services.Gateway.RelayedSince(Stream) is not null;

    /// <summary>The open shards that this process serves.</summary>
    public IEnumerable<ShardMeasures> ServedMeasures => Table.Current.All
        .Where(static e => e is { Kind: EngineKind.Predicted, IsOpen: true })
        .Select(static e => new ShardMeasures(e.Range.ShardId, e.Bucket().ForeignShare, e.Utilisation()));
}
