using System.Net;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Scaling.Running;
using Orleans.Kpl.Silos;
using Orleans.Kpl.Silos.Membership;
using Orleans.Kpl.Simulation.Clients;
using Orleans.Kpl.Simulation.Stores;

namespace Orleans.Kpl.Simulation.Cluster;

/// <summary>A place where silos run, one after the other.</summary>
internal sealed class SiloHost(World world, SimulatedCluster cluster, Plan plan, int index) : ProcessHost(world, plan, $"s{index}")
{
    private readonly List<SiloLife> _lives = [];

    public int Index => index;

    /// <summary>All silos that ever ran here.</summary>
    public IReadOnlyList<SiloLife> Lives => _lives;

    public SiloLife Current => _lives[^1];

    public override SimulatedProcess Process => Current.Process;

    public override int Life => _lives.Count - 1;

    public override IKplProducer? Producer => _lives.Count == 0 ? null : Current.Node.Producer;

    public override StreamLedger Ledger => _lives.Count == 0 ? default : Current.Node.Producer.ReadLedger();

    public override bool IsRunning => _lives.Count > 0 && Current is { IsActive: true, Stopping: null } && !Process.IsDead;

    public override bool IsIdle => Segments == 0 && Current.IsActive && Ledger is { InFlight: 0, InBacklog: 0 };

    public override int Segments => cluster.Segments;

    public override string Detail =>
        $"forwarded {string.Join(' ', Current.Node.Producer.Streams.Select(s => $"{s.Stream} {Current.Node.ForwardedOf(s.Stream)}"))}";

    public override long IdleClosings => _lives.Sum(static l => l.Node.Producer.IdleClosings);

    protected override Task? Draining => Current.Stopping;

    public override bool IsGone(int life) => _lives[life].Process.IsDead;

    /// <summary>The life of that name; null where it never ran here.</summary>
    public SiloLife? LifeOf(SiloId silo) => _lives.Find(l => l.Id.Equals(silo));

    public SiloNode NodeOf(SiloId silo) => LifeOf(silo)!.Node;

    public SimulatedProcess ProcessOf(SiloId silo) => LifeOf(silo)!.Process;

    public override bool TryStart()
    {
        var process = NewProcess();
        var id = new SiloId(new IPAddress([10, 0, 0, (byte)(index + 1)]), 11111, cluster.NextGeneration());
        var view = new SiloView(id, cluster.Standings);
        var rows = new RowStore(World, process, cluster.Rows, Weather);
        var seed = World.Dice.Next();
        var life = new SiloLife { Id = id, Process = process, View = view, Host = this };
        _lives.Add(life);
        cluster.Place(id, this);
        life.Node = new SiloNode(new SiloSeams
        {
            Options = Options ?? Plan.Options,
            Membership = view,
            Links = new SiloWiring(cluster, this),
            Clients = (silo, stream) => new PassedOnTo(cluster, this, silo, stream),
            Shards = new ShardDirectory(World, cluster, this),
            Managers = new ManagerCalls(World, cluster, this),
            Kinesis = new ServiceGateway(cluster.Service, process) { IsReached = () => ReachesKinesis },
            Admin = new AdminServices
            {
                Kinesis = cluster.Control(process),
                Store = rows,
                Time = process.Time,
                Events = RecordedEvents.Of<IAdminEvents>(World, process.Name),
            },
            State = rows,
            SharedBacklog = Plan.Store == StoreKind.None ? null : new WriterTables(World, process, cluster.Tables, Weather),
            IdleLimit = Plan.IdleLimit,
            Time = process.Time,
            Random = new Random(seed),
            NewId = new SeededIds(seed).Next,
            Loggers = new TraceLog(World, process),
            Meters = NewMeter(),
        });
        HearFailures(life.Node.Producer);
        if (World.IsTracing)
            World.Say(process.Name, $"starts as {id}");
        // Whoever had this address before is gone.
        foreach (var former in _lives.TakeWhile(l => l != life))
            cluster.Tell(former.Id, SiloStanding.Dead);
        cluster.Tell(id, SiloStanding.Starting);
        World.After(TimeSpan.FromMilliseconds(1), () => _ = StartAsync(life), process);
        return true;
    }

    public override Task DrainAsync() => Current.Stopping ??= StopAsync(Current);

    public override Task AnnounceAsync(IReadOnlyCollection<UInt128> boundaries) =>
        Current.Node.Calls.AnnounceBoundariesAsync(ProducerHost.Stream, [.. boundaries]);

    public override void Withdraw(IReadOnlyCollection<UInt128> boundaries) =>
        _ = Current.Node.Calls.WithdrawBoundariesAsync(ProducerHost.Stream, [.. boundaries]);

    private async Task StartAsync(SiloLife life)
    {
        await life.Node.StartAsync(CancellationToken.None).ConfigureAwait(false);
        cluster.Tell(life.Id, SiloStanding.Active);
        life.View.Learn(life.Id, SiloStanding.Active);
        life.IsActive = true;
        life.Node.Activate();
    }

    /// <summary>As Orleans stops a silo: it drains, then membership tells that it stops, then its activations end.</summary>
    private async Task StopAsync(SiloLife life)
    {
        if (World.IsTracing)
            World.Say(life.Process.Name, "drains");
        await life.Node.StopAsync().ConfigureAwait(false);
        life.View.Learn(life.Id, SiloStanding.Stopping);
        cluster.Tell(life.Id, SiloStanding.Stopping);
        await cluster.Shards.LeaveAsync(life).ConfigureAwait(false);
        await cluster.Managers.LeaveAsync(life).ConfigureAwait(false);
        cluster.Tell(life.Id, SiloStanding.Dead);
        await life.Node.DisposeAsync().ConfigureAwait(false);
        life.HasEnded = true;
        if (World.IsTracing)
            World.Say(life.Process.Name, $"has stopped: {life.Node.Producer.ReadLedger()}");
    }
}

/// <summary>A process' way to the logs of all writers.</summary>
internal sealed class WriterTables(World world, SimulatedProcess process, SortedDictionary<string, BacklogTable> tables, StoreWeather weather) : IWriterStores
{
    public IBacklogStore Of(string writer)
    {
        if (!tables.TryGetValue(writer, out var table))
            tables[writer] = table = new BacklogTable();
        return new TableBacklogStore(world, process, table, weather) { DropsTheDead = false };
    }

    public Task EnsureAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
