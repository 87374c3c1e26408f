using Microsoft.Extensions.Logging;
using Orleans.Kpl.Adapters.Logging;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.Names;
using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Silos.Backlog;
using Orleans.Kpl.Silos.Draining;
using Orleans.Kpl.Silos.Fronts;
using Orleans.Kpl.Silos.Lanes;
using Orleans.Kpl.Silos.Leases;
using Orleans.Kpl.Silos.Links;
using Orleans.Kpl.Silos.Management;
using Orleans.Kpl.Silos.Membership;
using Orleans.Kpl.Silos.Naming;
using Orleans.Kpl.Silos.Owners;
using Orleans.Kpl.Silos.Receiving;
using Orleans.Kpl.Silos.Relaying;
using Orleans.Kpl.Silos.Shards;

namespace Orleans.Kpl.Silos;

/// <summary>
/// One silo of the cluster, built from its <see cref="SiloSeams"/>. It accepts records, sends for the shards that it owns, and answers other silos and
/// clients.
/// </summary>
internal sealed partial class SiloNode : IAsyncDisposable
{
    /// <summary>How long a look for managers may take that is under way when everything else has stopped.</summary>
    private static readonly TimeSpan LongestLook = TimeSpan.FromSeconds(1);

    /// <summary>How long what asks a store may take to end, when the silo has stopped.</summary>
    private static readonly TimeSpan LongestEnd = TimeSpan.FromSeconds(5);

    private readonly TimeProvider _time;
    private readonly GuardedLoggers _loggers;
    private readonly ClusterBacklog _backlog;
    private readonly LeaseWatch _watch;
    private readonly ManagerActivator _activator;
    private readonly FailureReporter _failures;
    private readonly TableOwner _tables;
    private readonly BacklogCheck _check;
    private readonly BacklogTakeover? _takeover;
    private readonly LinkReceiver _receiver;
    private readonly ShardServices _shards;
    private readonly ManagerServices _managers;

    public SiloNode(SiloSeams seams)
    {
        var (options, time, loggers) = (seams.Options, seams.Time, new GuardedLoggers(seams.Loggers, seams.Time));
        (_time, _loggers) = (time, loggers);
        Silos = new LiveSilos(seams.Membership, time);
        State = new SiloState(time);
        Events = new PipelineLog(loggers.WithoutBudget("Orleans.Kpl"), time, options.LogKeys);
        _tables = new TableOwner(seams.State, seams.Cluster, time);
        _check = new BacklogCheck(options, time, seams.SharedBacklog);

        Lease = new SiloLease(seams.State, Silos, time, loggers.CreateLogger<SiloLease>());
        _watch = new LeaseWatch(seams.State, Silos, time, loggers.CreateLogger<LeaseWatch>());
        Epochs = new ShardEpochs(seams.State, Lease, _watch, Silos, options, time, loggers.CreateLogger<ShardEpochs>());
        var parents = new ParentEpochs(
            seams.State, _watch, Silos, (silo, stream) => seams.Links.To(silo).MapChangedAsync(stream), options, time, loggers.CreateLogger<ParentEpochs>());

        var registry = new BacklogRegistry(seams.State);
        var logs = seams.SharedBacklog is { } stores
            ? new OwnedLogs(registry, stores, Silos, seams.NewId, time, loggers.CreateLogger<OwnedLogs>())
            : null;
        _backlog = logs is not null ? ClusterBacklog.Shared(logs, seams.SharedBacklog!) : ClusterBacklog.Own(seams.OwnBacklog);
        var services = _backlog.Services(options, s => new ClusterDeadLetters(s, seams.Managers, Silos.Self.ToString, seams.NewId, time));

        var ways = new KinesisWays(Silos, options, time, loggers.CreateLogger<KinesisWays>());
        var kinesis = new RelayingGateway(seams.Kinesis, ways, seams.Links, Lease, time);
        var gateway = new ClusterGateway(kinesis, seams.Managers, time);
        Names = new StreamNameResolver(options, kinesis, time);
        var owners = new OwnersContext(seams.Shards, seams.Links, Silos, Hosted, new LinkMemory(), loggers.CreateLogger<StreamOwners>());
        Producer = new ClusterProducer(options, gateway, Names, owners, services, seams.State, State, Events, seams.Random, time, seams.Meters);
        _failures = new FailureReporter(Producer, seams.Managers, Silos, time, loggers.CreateLogger<FailureReporter>());
        _takeover = logs is null ? null : new BacklogTakeover(registry, logs, Producer, Silos, time, loggers.CreateLogger<BacklogTakeover>());

        _shards = new ShardServices(Producer, Silos, Hosted, Epochs, parents, time, loggers.CreateLogger<HostedShard>());
        Homes = new ShardHomes(s => Producer.Find(s)?.Shards.Map, Silos, time);
        Mover = new ShardMover(seams.Shards, Silos, Homes, Hosted, time, loggers.CreateLogger<ShardMover>());
        _receiver = new LinkReceiver(Producer, seams.Links, Silos, Mover, _takeover, new(seams.Kinesis, ways, options, time), options, time,
            loggers.CreateLogger<LinkReceiver>());
        // An ordered stream's records take one way, whoever serves their shards.
        var ranges = new ServedRanges(
            s => Producer.Find(Names.Known(s)) is { IsOrdered: false } stream ? (stream.Stream, stream.Shards.Map) : null, Hosted);
        Sessions = new ClientSessions(
            Producer, Silos, State, seams.Clients, time, memoryLimit: options.MaxOutstandingBytes, ranges: ranges.Of);
        View = new ClusterView(seams.Cluster?.Id, seams.Links, Silos, Producer.KeepHistory, time);
        _managers = new ManagerServices(
            options, kinesis, move => new MovingControl(seams.Admin.Kinesis, ways, seams.Links, time, move), gateway, Producer, seams.Links, Silos,
            seams.Admin, _backlog.Letters, seams.SendHint, Events, time, loggers.CreateLogger<StreamManager>());
        _activator = new ManagerActivator(seams.Admin, seams.Managers, Silos, time, loggers.CreateLogger<ManagerActivator>());
        Producer.CloseIdleStreams(seams.IdleLimit, s =>
        {
            Homes.Forget(s);
            ranges.Forget(s);
            ways.Forget(s);
            _receiver.OnClosed(s);
        });
        Stop = new StopBudget(options.StopTimeout, options.DrainTimeout, time);
        Producer.LimitDrainTo(Stop);
        Drain = new ClusterDrain(
            Producer, _receiver, Sessions, seams.Links, Silos, Mover, Hosted, State, Stop, seams.Admin.Numbers, time,
            loggers.CreateLogger<ClusterDrain>(), _takeover);
    }

    /// <summary>Accepts records, as the embedded producer does.</summary>
    public ClusterProducer Producer { get; }

    /// <summary>All silos at a glance.</summary>
    public ClusterView View { get; }

    /// <summary>The calls of other silos.</summary>
    public ISiloCalls Calls => _receiver;

    /// <summary>The calls of clients, also those that other silos pass on.</summary>
    public ClientSessions Sessions { get; }

    /// <summary>Gives each stream its canonical name.</summary>
    public StreamNameResolver Names { get; }

    /// <summary>The silos that may own shards.</summary>
    public LiveSilos Silos { get; }

    /// <summary>The shards that this silo serves.</summary>
    public HostedShards Hosted { get; } = new();

    /// <summary>The epochs that this silo holds of ordered shards.</summary>
    public ShardEpochs Epochs { get; }

    /// <summary>Whether this silo may send for ordered shards.</summary>
    public SiloLease Lease { get; }

    /// <summary>Says to which silo each shard belongs.</summary>
    public ShardHomes Homes { get; }

    /// <summary>Moves shards to their homes.</summary>
    public ShardMover Mover { get; }

    /// <summary>Takes this silo out of the cluster.</summary>
    public ClusterDrain Drain { get; }

    /// <summary>The time that the silo's stop may take; whoever stops its process begins it.</summary>
    public StopBudget Stop { get; }

    /// <summary>When this silo began to count, and whether it leaves.</summary>
    public SiloState State { get; }

    /// <summary>The log lines of the pipeline.</summary>
    public PipelineLog Events { get; }

    /// <summary>Returns the memory charged for other silos' records of a stream here.</summary>
    public (long Records, long Bytes) ForwardedOf(string stream) => _receiver.ForwardedOf(stream);

    /// <summary>Creates the owner of a shard, for an activation on this silo.</summary>
    public HostedShard NewShard(ShardKey shard, IShardActivation activation) => new(shard, activation, _shards);

    /// <summary>Creates the manager of a stream, for an activation on this silo.</summary>
    /// <param name="fenced">Called when another manager of the stream has begun: the activation must end.</param>
    /// <param name="move">Called when another silo should have the manager: this one cannot change the stream.</param>
    public StreamManager NewManager(string stream, Action fenced, Action<SiloId> move) => new(stream, _managers, fenced, move);

    /// <summary>Checks the tables and begins to listen; before the silo takes part in the cluster.</summary>
    /// <exception cref="KplOptionsException">The tables belong to another cluster.</exception>
    /// <exception cref="StateStoreException">A table cannot be used.</exception>
    /// <exception cref="BacklogStoreException">The backlog cannot be used.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await _tables.CheckAsync(cancellationToken).ConfigureAwait(false);
        await _check.CheckAsync(cancellationToken).ConfigureAwait(false);
        Silos.Lost += Producer.OnLost;
        Silos.Lost += _receiver.OnLost;
        Epochs.Lost = Producer.OnLostAsync;
        Producer.LeaveBy(Drain.DrainAsync);
        Mover.Start();
        _failures.Start();
        Silos.Start();
    }

    /// <summary>Begins to look after what other silos left: their logs, and the managers of streams; once the silo takes part in the cluster.</summary>
    public void Activate()
    {
        _activator.Start();
        _takeover?.Start();
    }

    /// <summary>Leaves the cluster: completes when this silo has nothing left to do. A second call waits for the same.</summary>
    public async Task StopAsync()
    {
        // The activator begins nothing from this call on. A look that is under way may wait for a store that is away.
        var looked = _activator.StopAsync();
        await Drain.DrainAsync().ConfigureAwait(false);
        await looked.EndsWithin(Stop.ForEnd(LongestLook), _time).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        // First, since it drains, where the silo was not stopped in good order.
        await Producer.DisposeAsync().ConfigureAwait(false);
        _receiver.Stop();
        _failures.Stop();
        if (!await EndPartsAsync().EndsWithin(LongestEnd, _time).ConfigureAwait(false))
            LogNotEnded(_loggers.CreateLogger<SiloNode>(), LongestEnd.TotalSeconds);
        Sessions.Dispose();
        _loggers.Dispose();
    }

    /// <summary>Ends what asks a store, in turn: each part may wait for one that is away, and the folder of a silo's own for its disk.</summary>
    private async Task EndPartsAsync()
    {
        await _activator.DisposeAsync().ConfigureAwait(false);
        await Mover.DisposeAsync().ConfigureAwait(false);
        if (_takeover is not null)
            await _takeover.DisposeAsync().ConfigureAwait(false);
        await _watch.DisposeAsync().ConfigureAwait(false);
        await Lease.DisposeAsync().ConfigureAwait(false);
        await _backlog.DisposeAsync().ConfigureAwait(false);
    }

    [LoggerMessage(142, LogLevel.Warning,
        "The silo has ended without the answer of a store, for which it waited {Seconds:0} s; a folder of its own stays locked until that answers")]
    private static partial void LogNotEnded(ILogger logger, double seconds);
}
