using System.Diagnostics.Metrics;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Accepting;
using Orleans.Kpl.Pipeline.Aggregation;
using Orleans.Kpl.Pipeline.Backlog;
using Orleans.Kpl.Pipeline.Backlog.Logs;
using Orleans.Kpl.Pipeline.Engines;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Limiting;
using Orleans.Kpl.Pipeline.Load;
using Orleans.Kpl.Pipeline.Outcomes;
using Orleans.Kpl.Pipeline.Owning;
using Orleans.Kpl.Pipeline.Producing;
using Orleans.Kpl.Pipeline.Records;
using Orleans.Kpl.Pipeline.Retrying;
using Orleans.Kpl.Pipeline.Routing;
using Orleans.Kpl.Pipeline.Sending;
using Orleans.Kpl.Pipeline.Services;
using Orleans.Kpl.Pipeline.Settings;
using Orleans.Kpl.Pipeline.Telemetry;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline;

/// <summary>The whole way of a record, for one stream. Each step is a class of its own; this one connects them, and only shows their order.</summary>
/// <remarks>
/// <list type="number">
/// <item>accept: <see cref="RecordIntake"/> validates a record and finds memory for it (on an ordered stream <see cref="OrderedIntake"/> keeps
/// callers in their order), <see cref="RecordAcceptor"/> counts it in and takes it to the router, or to the <see cref="StreamBacklog"/> first;</item>
/// <item>route: <see cref="RecordRouter"/> finds the engine of its shard, or its owner in another process;</item>
/// <item>aggregate, limit: <see cref="ShardEngine"/> has it join the open aggregate, which leaves when it is due and there are tokens for it;</item>
/// <item>collect, send: <see cref="StreamSender"/> puts Kinesis records of all shards into calls;</item>
/// <item>judge: <see cref="CallJudge"/> says of each what the answer means: it ends, is tried again by its engine, or goes to the
/// <see cref="Rerouter"/>, which takes it apart and has the router route its members anew;</item>
/// <item>outcome: <see cref="RecordCompleter"/> counts it out, gives its memory back and keeps the promise to its caller.</item>
/// </list>
/// </remarks>
internal sealed class StreamPipeline : IProducerStream
{
    private readonly PipelineServices _services;
    private readonly PipelineSettings _settings;
    private readonly LedgerCounters _accounts = new();
    private readonly FlushBarrier _barrier = new();
    private readonly MemoryLimits _memory;
    private readonly RecordIntake _intake;
    private readonly BehindBacklog? _behind;
    private readonly OrderedIntake? _ordered;
    private readonly RecordRouter _router;
    private readonly IShardOwners? _owners;
    private readonly EngineHost _engines;
    private readonly ShardTopology _topology;
    private readonly RecordLimit _limit;
    private readonly MapUpkeep _map;
    private readonly BoundaryAnnouncer _announcer;
    private readonly StreamSender _sender;
    private readonly CallJudge _judge;
    private readonly RecordCompleter _completer;
    private readonly MemoryPressure _pressure;

    /// <summary>Built from the end of the way to its beginning, so that each step is given those that come after it.</summary>
    public StreamPipeline(string stream, StreamOptions options, PipelineServices services, Func<StreamPipeline, IShardOwners>? owners = null)
    {
        var (gateway, events, clock) = (services.Gateway, services.Events, services.Clock);
        var target = StreamTarget.Of(stream, options);
        Stream = stream;
        _services = services;
        _settings = new PipelineSettings(options, services.Load)
        {
            Numbers = options.Ordered != OrderedMode.Off && options.AggregationEnabled ? new ProducerNumbers(services.NewRandom()) : null,
        };
        // The owners keep this pipeline and ask nothing of it before the first record comes.
        _owners = owners?.Invoke(this);

        // outcome
        _memory = new MemoryLimits(new MemoryLimit(options.MaxOutstandingBytes, options.MaxOutstandingRecords), services.Memory);
        var storage = services.Backlog is null ? null : new BacklogStorage(stream, _settings, services, _accounts);
        _completer = new RecordCompleter(stream, _accounts, _memory, services.Instruments, services.Notifier, events, clock, hasForwarded: _owners is not null,
            storage?.Fallback);

        // the shard map, and an engine for each shard
        _engines = new EngineHost(_settings, services, _owners);
        _topology = new ShardTopology(_engines.NewEngine, _settings.KeepsOrder);
        _limit = new RecordLimit(gateway, target, events, clock, services.NewRandom());
        var follower = new ShardMapApplier(stream, _settings, _topology, _engines, _limit, _completer, events, clock);
        var map = new ShardMapReader(gateway, target, follower, events, clock, services.NewRandom());
        _map = new MapUpkeep(_topology, map, follower);

        // route
        _router = new RecordRouter(_settings, _topology, _map, _completer, clock, _owners);
        var rerouter = new Rerouter(_settings, _topology, _map, _router, _completer, clock);
        _limit.Learned += new StreamSummaryApplier(_settings, _topology, follower, _map, _completer, rerouter).Apply;

        // collect, send, judge
        _judge = new CallJudge(stream, _settings, services, _topology, map, _limit, _memory, _completer, rerouter);
        ICallWriter writer = options.Ordered == OrderedMode.PutRecord ? new PutRecordWriter(gateway, target) : new PutRecordsWriter(gateway, target);
        _sender = new StreamSender(writer, _judge, _settings, clock, services.Timers);
        _announcer = new BoundaryAnnouncer(_topology, _sender, clock, rerouter);
        Shards = new ServedShards(_topology, _sender, map, rerouter, _owners, clock);
        Forwarding = new Forwarding(_barrier, _topology, _router, _map, _completer, clock);
        _engines.Connect(_sender, rerouter, Shards);

        // accept
        if (storage is not null)
            Backlog = new StreamBacklog(storage, _memory, _limit, _completer, _router);
        var acceptor = new RecordAcceptor(stream, _settings, services, _accounts, _barrier, Backlog, _router, _map, _sender);
        _intake = new RecordIntake(_settings, _memory, _limit, services, acceptor, Backlog?.Spill);
        _behind = Backlog is not null && _settings.KeepsOrder ? new BehindBacklog(Backlog, clock) : null;
        _ordered = _settings.KeepsOrder ? new OrderedIntake(_intake, _behind, acceptor.UseOf) : null;
        _pressure = new MemoryPressure(_settings, _topology, _sender, _judge, clock);

        Backlog?.Begin();
        _map.Refresh();
    }

    public string Stream { get; }

    public StreamLedger Ledger => _accounts.Read();

    /// <summary>The clock of every instant that records carry.</summary>
    public MonotonicClock Clock => _services.Clock;

    /// <summary>Rented for batches that come from other processes.</summary>
    public BatchPool Batches => _services.Batches;

    /// <summary>Whether the stream's records keep their order.</summary>
    public bool IsOrdered => _settings.KeepsOrder;

    /// <summary>The durable backlog of the stream; null where the process has none.</summary>
    public StreamBacklog? Backlog { get; }

    /// <summary>The shards that this process serves. In a cluster they come and go; embedded this is not used, and every shard is served.</summary>
    public ServedShards Shards { get; }

    /// <summary>The records that go between processes. Embedded there are none.</summary>
    public Forwarding Forwarding { get; }

    /// <summary>Accepts a record, or waits until there is memory for it.</summary>
    public ValueTask<EnqueuedRecord> EnqueueAsync(in UserRecord record, PutOptions? options, CancellationToken cancellationToken) =>
        _ordered is null ? _intake.EnqueueAsync(record, options, cancellationToken) : _ordered.EnqueueAsync(record, options, cancellationToken);

    /// <summary>Accepts a batch, part by part as there is memory.</summary>
    public ValueTask<EnqueuedBatch> EnqueueAsync(ReadOnlyMemory<UserRecord> records, PutOptions? options, CancellationToken cancellationToken) =>
        _ordered is null ? _intake.EnqueueAsync(records, options, cancellationToken) : _ordered.EnqueueAsync(records, options, cancellationToken);

    /// <summary>Accepts records that came in one message; their results go to the batch one by one.</summary>
    public ValueTask EnqueueAsync(PackedRecords records, IBatchOutcomes batch, PutOptions? options, CancellationToken cancellationToken) => _ordered is null
        ? _intake.EnqueueAsync(new PackedSource(records), batch, options, cancellationToken)
        : _ordered.EnqueueAsync(new PackedSource(records), batch, options, cancellationToken);

    /// <summary>Completes when everything that was accepted before has its outcome; what comes later does not delay it.</summary>
    public Task FlushAsync()
    {
        var drained = _barrier.Close();
        MakeAllDue();
        _owners?.Expedite();
        return drained;
    }

    /// <summary>Nothing that is open waits for company any more.</summary>
    public void MakeAllDue()
    {
        foreach (var engine in _topology.Current.All)
            engine.FlushNow();
        _sender.Expedite();
    }

    /// <summary>Somebody waits for memory: see <see cref="MemoryPressure"/>.</summary>
    public void Relieve() => _pressure.Relieve();

    /// <summary>There is reason to believe that the shard map has changed.</summary>
    public void RefreshMap() => _map.Refresh();

    /// <summary>Future shards will start at these hash keys: see <see cref="BoundaryAnnouncer"/>.</summary>
    public Task AnnounceBoundaries(IReadOnlyCollection<UInt128> hashKeys) => _announcer.AnnounceAsync(hashKeys);

    /// <summary>No shards will start there.</summary>
    public void WithdrawBoundaries(IReadOnlyCollection<UInt128> hashKeys) => _announcer.Withdraw(hashKeys);

    /// <summary>Turns away callers who wait for memory.</summary>
    public void RejectWaiters(Exception reason)
    {
        _memory.Close(reason);
        Backlog?.Spill?.Close(reason);
        _behind?.Close(reason);
    }

    /// <summary>
    /// Nothing would be lost if the process ended now: every record that has not ended is in the backlog, or goes there as the stream spills, and none was
    /// accepted by another process.
    /// </summary>
    public bool IsKept =>
        Ledger.InFlight is var own && _barrier.Open <= own && (own == 0 || Backlog is { Spill: not null, TakesMore: true, MustGoBehind: false });

    /// <summary>Calls are under way: ended now, they may be made again.</summary>
    public bool IsSending => _sender.HasCalls;

    /// <summary>How long a call may take.</summary>
    public TimeSpan RequestTimeout => _settings.Options.RequestTimeout;

    /// <summary>Replays no more; completes when what came out of the backlog has ended.</summary>
    public Task DrainBacklogAsync()
    {
        if (Backlog is null)
            return Task.CompletedTask;
        var drained = Backlog.DrainAsync();
        MakeAllDue();
        return drained;
    }

    /// <summary>Ends what is left with code Shutdown. Nothing may be accepted any more.</summary>
    public async Task StopAsync()
    {
        _router.Stop();
        _map.Stop();
        Backlog?.BeginStop();
        _limit.Stop();
        _announcer.Stop();
        _owners?.Stop(RecordErrorCodes.Shutdown, RecordCompleter.ShutDownMessage);
        foreach (var engine in _topology.Current.All)
            _engines.Retire(engine);
        foreach (var record in _sender.Stop())
            _completer.FailShutDown(record);
        await _barrier.Close().ConfigureAwait(false);
        if (Backlog is not null)
            await Backlog.CloseAsync().ConfigureAwait(false);
    }

    /// <summary>When the oldest record that has not ended was accepted.</summary>
    public long OldestAcceptedAt()
    {
        var oldest = Math.Min(Math.Min(_sender.OldestAcceptedAt(), _judge.OldestAcceptedAt()), _owners?.OldestAcceptedAt ?? long.MaxValue);
        foreach (var engine in _topology.Current.All)
            oldest = Math.Min(oldest, engine.Inspect().OldestAcceptedAt);
        return oldest;
    }

    /// <summary>For each shard of the map, the share of its rate that is left to others.</summary>
    public IEnumerable<Measurement<double>> ForeignShares()
    {
        foreach (var engine in _topology.Current.All)
        {
            if (engine.ForeignShare() is { } share)
                yield return new Measurement<double>(share, KplInstruments.Tags(Stream, engine.Range.ShardId));
        }
    }

    /// <summary>The open shards that are served here, and what was seen of each; null where nothing was sent for it yet.</summary>
    public IReadOnlyList<(string ShardId, ShardLoadReport? Report)> LoadReports() =>
        [.. _topology.Current.All.Where(static e => e is { Kind: EngineKind.Predicted, IsElsewhere: false }).Select(static e => (e.Range.ShardId, e.Load))];
}
