using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Announcing;
using Orleans.Kpl.Pipeline.Apart;
using Orleans.Kpl.Pipeline.Backlog;
using Orleans.Kpl.Pipeline.Backlog.Logs;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.Doubts;
using Orleans.Kpl.Pipeline.Health;
using Orleans.Kpl.Pipeline.Horizons;
using Orleans.Kpl.Pipeline.Idle;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Maps.Following;
using Orleans.Kpl.Pipeline.Numbers;
using Orleans.Kpl.Pipeline.Ordering;
using Orleans.Kpl.Pipeline.Owners;
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
using Orleans.Kpl.Pipeline.Settings;
using Orleans.Kpl.Pipeline.Telemetry;
using Orleans.Kpl.Pipeline.Telemetry.Reporting;
using Orleans.Kpl.Pipeline.Timing;
using Orleans.Kpl.Pipeline.Tracing;
using Orleans.Kpl.Pipeline.Tracing.Calls;
using Orleans.Kpl.Pipeline.Turns;
using Orleans.Kpl.Pipeline.Watching;

namespace Orleans.Kpl.Pipeline;

/// <summary>The complete path of a record for one stream. Each step is a class of its own; this class connects them and shows their order.</summary>
/// <remarks>
/// <list type="number">
/// <item>accept: <see cref="RecordIntake"/> validates a record and reserves memory for it (on an ordered stream <see cref="OrderedIntake"/> keeps
/// callers in their order). <see cref="RecordAcceptor"/> counts the record in and passes it to the router, or first to the <see
/// cref="StreamBacklog"/>;</item>
/// <item>route: <see cref="RecordRouter"/> finds the engine of its shard, or its owner in another process;</item>
/// <item>aggregate, limit: <see cref="ShardEngine"/> adds it to the open aggregate, which is sent when it is due and the shard has tokens for
/// it;</item>
/// <item>collect, send: <see cref="StreamSender"/> puts Kinesis records of all shards into calls;</item>
/// <item>judge: <see cref="CallJudge"/> decides what the answer means for each Kinesis record: it is complete, its engine tries it again, or the <see
/// cref="Rerouter"/> takes it apart and has the router route its members anew;</item>
/// <item>outcome: <see cref="RecordCompleter"/> counts it out, releases its memory and notifies its caller.</item>
/// </list>
/// </remarks>
internal sealed class StreamPipeline : IProducerStream, IMeasuredStream
{
    private readonly PipelineServices _services;
    private readonly PipelineSettings _settings;
    private readonly LedgerCounters _ledger;
    private readonly FlushBarrier _barrier = new();
    private readonly MemoryLimits _memory;
    private readonly Admission _admission;
    private readonly RecordRouter _router;
    private readonly IShardOwners? _owners;
    private readonly EngineHost _engines;
    private readonly ShardTopology _topology;
    private readonly RouteTable _routes;
    private readonly RecordLimit _limit;
    private readonly Promises _promises;
    private readonly MapUpkeep _map;
    private readonly BoundaryAnnouncer _announcer;
    private readonly StreamSender _sender;
    private readonly CallJudge _judge;
    private readonly StreamTelemetry _telemetry;
    private readonly RecordCompleter _completer;
    private readonly MemoryPressure _pressure;
    // What hangs on the road ends with it.
    private readonly Action _beginStop;
    private readonly Func<Task>? _close;

    /// <summary>Builds the steps from the last to the first, so that each step is given those that come after it.</summary>
    public StreamPipeline(
        string stream, StreamOptions options, PipelineServices services, Func<StreamPipeline, IShardOwners>? owners = null,
        BacklogServices? backlog = null, LedgerCounters? ledger = null)
    {
        var (gateway, events, clock) = (services.Gateway, services.Events, services.Clock);
        var target = StreamTarget.Of(stream, options);
        Stream = stream;
        _ledger = ledger ?? new LedgerCounters();
        _services = services;
        _settings = StreamWiring.SettingsOf(options, services);
        // The owners keep this pipeline and do not use it before the first record arrives.
        _owners = owners?.Invoke(this);

        // outcome
        _memory = new MemoryLimits(new FairMemory(options.MaxOutstandingBytes, options.MaxOutstandingRecords), services.Memory);
        var storage = backlog is null ? null : new BacklogStorage(stream, _settings, services, backlog, _ledger);
        _telemetry = new StreamTelemetry(stream, services, Health);
        _completer = new RecordCompleter(_ledger, _memory, _telemetry, clock, hasOthers: _owners is not null || storage is not null)
        {
            Trouble = () => Health.Trouble?.Told,
        };
        KeepFailed? keep = storage is null ? null : storage.Fallback.KeepFailed;
        var settling = new Settling(_ledger, _memory, _telemetry, keep);

        // the shard map, and an engine for each shard
        var horizon = new StreamHorizon(_settings.Ttl, () => clock.Now);
        var features = StreamWiring.FeaturesOf(_settings, horizon, services.Load) with { NewMeter = id => services.Instruments.Of(stream, id) };
        _engines = new EngineHost(_settings, services, _owners, features);
        _topology = new ShardTopology(_engines.NewEngine, _settings.KeepsOrder, awaitsHoles: !_engines.MayGoUnpredicted);
        _routes = _topology.Table;
        _limit = new RecordLimit(gateway, target, events, clock, services.NewRandom());
        var follower = new ShardMapApplier(stream, _settings, _topology, _engines, _limit, _completer, events, clock);
        var map = new ShardMapReader(gateway, target, follower, events, Health, clock, services.NewRandom());
        _map = new MapUpkeep(_topology, map, follower);
        _beginStop = _map.Stop;
        _beginStop += new AwayProbe(Health, clock, services.Timers, () => Ledger.InFlight == 0, _map.Refresh).Stop;

        // route
        _router = OwnersRouter.Of(_settings, _routes, _completer, _owners);
        var rerouter = new Rerouter(_settings, _topology, _map, _router, _completer, clock);
        _limit.Learned += new StreamSummaryApplier(_settings, _topology, follower, _map, _completer, rerouter).Apply;

        // collect, send, judge
        var search = new ShardSearch(_topology, map, clock);
        var known = new MapKnowledge(_topology, map, search, _limit, clock);
        _judge = new CallJudge(
            _settings, _telemetry, _routes, known, _memory, _completer, rerouter.Reroute, clock, services.NewRandom())
        {
            Relieve = services.Relieve,
            Amend = storage is not null && _settings.KeepsOrder ? StoredVerdicts.Of : null,
        };
        ICallWriter writer = options.Ordered == OrderedMode.PutRecord
            ? new TracedCallWriter(new PutRecordWriter(gateway, target), stream, "PutRecord")
            : new TracedCallWriter(new PutRecordsWriter(gateway, target), stream, "PutRecords");
        _sender = new StreamSender(writer, _judge, _settings, clock, services.Timers);
        _announcer = new BoundaryAnnouncer(_topology, _sender, clock, rerouter);
        _beginStop += _announcer.Stop;
        Shards = new ServedShards(_topology, _sender, map, search, rerouter, _owners, clock, () => services.Instruments.OwnerMoved(stream));
        Forwarding = new Forwarding(_barrier, _topology, _router, _map, settling, clock);
        _engines.Connect(_sender, rerouter.Reroute, Shards.Adopt);

        // accept
        if (storage is not null)
        {
            Backlog = new StreamBacklog(storage, _memory, _limit, _completer, _router, _map.EnsureFresh);
            _beginStop += Backlog.BeginStop;
            _close = Backlog.CloseAsync;
        }

        _promises = TracedPromises.Instance;
        var acceptor = new RecordAcceptor(_settings, clock, _telemetry, _ledger, _barrier, _router)
        {
            Promises = _promises,
            Arrived = _map.EnsureFresh,
            Sender = _sender,
        };
        _admission = StreamWiring.AdmissionOf(
            _settings, services, _telemetry, _memory, acceptor, horizon, _topology, known, _router, Backlog);
        _pressure = new MemoryPressure(_settings, _routes, _sender, _judge, clock);

        Backlog?.Begin();
        _map.Refresh();
    }

    public string Stream { get; }

    public StreamLedger Ledger => _ledger.Read();

    /// <summary>How well the stream's calls to Kinesis go.</summary>
    public StreamHealth Health { get; } = new();

    /// <summary>Hears what happens to the stream's records.</summary>
    public StreamTelemetry Telemetry => _telemetry;

    /// <summary>The engines in force.</summary>
    public Routes Routes => _routes.Current;

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
    /// Creates the numbers of records that go to another process; null where that process gives them theirs. Here they are needed only where a record
    /// may be sent again after it came back: from the backlog, or in its order.
    /// </summary>
    public NumberLine? NewForwardedNumbers() =>
        (Backlog is not null || _settings.KeepsOrder) && _settings.KeptNumbers is { } numbers ? new NumberLine(numbers) : null;

    /// <summary>Accepts a record, or waits until there is memory for it.</summary>
    public ValueTask<EnqueuedRecord> EnqueueAsync(in UserRecord record, PutOptions? options, CancellationToken cancellationToken) =>
        _admission.PutAsync(record, options, cancellationToken);

    /// <summary>Accepts a batch in parts, as memory becomes available, or whole where its caller waits only so long.</summary>
    public ValueTask<EnqueuedBatch> EnqueueAsync(ReadOnlyMemory<UserRecord> records, PutOptions? options, CancellationToken cancellationToken) =>
        _admission.PutBatchAsync(
            new UserRecordSource(records, hashesKeys: true), _promises.NewBatch(records.Length), options, cancellationToken);

    /// <summary>Accepts records that arrived in one message. The batch receives their results one by one.</summary>
    public ValueTask EnqueuePackedAsync(PackedRecords records, IBatchOutcomes batch, PutOptions? options, CancellationToken cancellationToken) =>
        _admission.PutAsync(new PackedSource(records), batch, options, cancellationToken);

    /// <summary>Completes when every record that was accepted before this call has its outcome. Later records do not delay it.</summary>
    public Task FlushAsync()
    {
        var drained = _barrier.Close();
        MakeAllDue();
        _owners?.Expedite();
        return drained;
    }

    /// <summary>Sends every open aggregate without further linger.</summary>
    public void MakeAllDue()
    {
        foreach (var engine in _routes.Current.All)
            engine.FlushNow();
        _sender.Expedite();
    }

    /// <summary>Frees memory because a caller waits for it: see <see cref="MemoryPressure"/>.</summary>
    public void Relieve() => _pressure.Relieve();

    /// <summary>Reads the shard map again, because it has probably changed.</summary>
    public void RefreshMap() => _map.Refresh();

    /// <summary>Announces that future shards will start at these hash keys: see <see cref="BoundaryAnnouncer"/>.</summary>
    public Task AnnounceBoundaries(IReadOnlyCollection<UInt128> hashKeys) => _announcer.AnnounceAsync(hashKeys);

    /// <summary>Withdraws the announcement that shards will start at these hash keys.</summary>
    public void WithdrawBoundaries(IReadOnlyCollection<UInt128> hashKeys) => _announcer.Withdraw(hashKeys);

    /// <summary>Rejects callers that wait for memory, or for a shard.</summary>
    public void RejectWaiters(Exception reason) => _admission.Close(reason);

    /// <summary>
    /// Whether no record would be lost if the process stopped now: every record without an outcome is in the backlog, or goes there because the
    /// stream spills, and no other process accepted any of them.
    /// </summary>
    public bool IsKept =>
        Ledger.InFlight is var own && _barrier.Open <= own && (own == 0 || Backlog is { Spill: not null, TakesMore: true, KeepsAtStop: true });

    /// <summary>What the stream holds: it decides whether the stream may end now without anything being lost or forgotten.</summary>
    public StreamContents Contents => new()
    {
        // Those of other processes are in no ledger here; those in the backlog only are in no flush.
        Records = Math.Max(Ledger.InFlight, _barrier.Open),
        HasWaiters = _memory.HasStreamWaiters,
        HasCalls = _sender.HasCalls,
        IsTroubled = Health.Trouble is not null,
        IsAnnounced = _topology.Boundaries.Count > 0,
        HasBacklog = Backlog is { HoldsNothing: false },
        IsLinked = _owners is { IsAtRest: false },
        ServedShards = Shards.Count,
        HostedShards = _owners?.HostedShards ?? 0,
        AwaitsTurn = Shards.AwaitTurn,
    };

    /// <summary>Whether calls are under way. If the process stopped now, they might be made again.</summary>
    public bool IsSending => _sender.HasCalls;

    /// <summary>How long a call may take.</summary>
    public TimeSpan RequestTimeout => _settings.Options.RequestTimeout;

    /// <summary>Stops the replay. Completes when every record that came from the backlog has its outcome.</summary>
    public Task DrainBacklogAsync()
    {
        if (Backlog is null)
            return Task.CompletedTask;
        var drained = Backlog.DrainAsync();
        MakeAllDue();
        return drained;
    }

    /// <summary>Completes all remaining records with code Shutdown. No record may be accepted after this.</summary>
    public async Task StopAsync()
    {
        _router.Stop();
        _limit.Stop();
        _beginStop();
        _owners?.Stop(RecordErrorCodes.Shutdown, RecordCompleter.ShutDownMessage);
        foreach (var engine in _routes.Current.All)
            _engines.Retire(engine);
        foreach (var record in _sender.Stop())
            _completer.FailShutDown(record);
        await _barrier.Close().ConfigureAwait(false);
        if (_close is not null)
            await _close().ConfigureAwait(false);
    }

    /// <summary>When the oldest record without an outcome was accepted.</summary>
    public long OldestAcceptedAt()
    {
        var oldest = Math.Min(Math.Min(_sender.OldestAcceptedAt(), _judge.OldestAcceptedAt()), _owners?.OldestAcceptedAt ?? long.MaxValue);
        foreach (var engine in _routes.Current.All)
            oldest = Math.Min(oldest, engine.Inspect().OldestAcceptedAt);
        return oldest;
    }

    /// <summary>The memory that the stream's records hold, in bytes.</summary>
    public long OutstandingBytes => _memory.StreamBytes;

    /// <summary>How long the oldest record without an outcome has been waiting.</summary>
    public TimeSpan OldestRecordAge => Clock.AgeOf(OldestAcceptedAt());

    /// <summary>Whether it is a name that somebody misspelt: Kinesis does not know it, and it holds no record. Gauges tell nothing of it.</summary>
    public bool IsNoStream => _map.IsUnknown && Ledger.InFlight == 0 && BacklogStatus is not { Records: > 0 };

    /// <summary>The durable backlog; null where there is none.</summary>
    public BacklogStatus? BacklogStatus => Backlog?.Status;

    /// <summary>The open shards that this process serves.</summary>
    public IEnumerable<ShardMeasures> ServedMeasures => _routes.Current.All
        .Where(static e => e is { Kind: EngineKind.Predicted, IsOpen: true })
        .Select(static e => new ShardMeasures(e.Range.ShardId, e.Bucket().ForeignShare, e.Utilisation()));
}
