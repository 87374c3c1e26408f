using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Kpl.Adapters.Logging;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Producing;
using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Pipeline.Tests.Simulation;
using Orleans.Kpl.Pipeline.Tests.Telemetry;
using Orleans.Kpl.Scaling.Running;
using Orleans.Kpl.Silos.Backlog;
using Orleans.Kpl.Silos.Membership;

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

    /// <summary>How long a stream is unused before a silo closes it.</summary>
    public TimeSpan IdleLimit { get; init; } = StreamIdling.Limit;

    /// <summary>The time of the silos.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Makes the meters of the silos; null for meters of their own, whose terms must be those of the ledgers in the end.</summary>
    public IMeterFactory? Meters { get; init; }

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
            Clients = id => Find(id)!.Node.Sessions,
            Shards = Directory.For(silo),
            Managers = Managers,
            Kinesis = Kinesis.For(() => silo.Standing == SiloStanding.Dead),
            Admin = new AdminServices { Kinesis = new NoControl(), Store = Rows, Time = Time, Events = new AdminLog(NullLogger.Instance) },
            State = Rows,
            SharedBacklog = Backlog,
            OwnBacklog = OwnBacklog,
            IdleLimit = IdleLimit,
            Time = Time,
            Random = new Random(number),
            NewId = Guid.NewGuid,
            Loggers = NullLoggerFactory.Instance,
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

    public async ValueTask DisposeAsync()
    {
        // One that was killed has nothing that could end.
        foreach (var silo in Silos)
        {
            await StopAsync(silo);
            await silo.Node.DisposeAsync();
        }

        if (Meters is null)
            LedgerTerms.AssertEqual([.. _metrics.Select(m => (m.Metrics, m.Silo.Node.Producer.ReadLedger(), _lost.Contains(m.Silo)))]);
        foreach (var (_, metrics) in _metrics)
            metrics.Dispose();
    }

    private void Set(WorldSilo silo, SiloStanding standing)
    {
        silo.Standing = standing;
        foreach (var other in Silos)
            other.OnChanged(silo.Id, standing);
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
    }
}
