using Orleans.Kpl.Lanes;
using Orleans.Kpl.Simulation.Cluster;
using Orleans.Kpl.Simulation.Judging;
using Orleans.Kpl.Simulation.Stores;

namespace Orleans.Kpl.Simulation.Clients;

/// <summary>A place where clients of the cluster run, one after the other. What one of them has in memory dies with it.</summary>
internal sealed class ClusterClientHost(World world, SimulatedCluster cluster, Plan plan, int index) : IHost
{
    private readonly List<SimulatedProcess> _lives = [];
    private readonly List<CountedTerms> _counted = [];
    private ClientPipeline? _producer;
    private Task? _draining;

    public string Name => $"c{index}";

    public SimulatedProcess Process => _lives[^1];

    public int Life => _lives.Count - 1;

    public IKplProducer? Producer => _producer;

    public StreamLedger Ledger => _producer?.GetLedger(ProducerHost.Stream) ?? default;

    public IReadOnlyList<CountedTerms> Counted => _counted;

    public (long Bytes, long Records) InMemory => (_producer?.OutstandingBytes ?? 0, _producer?.OutstandingRecords ?? 0);

    /// <summary>It has no store: faults of stores leave it alone.</summary>
    public StoreWeather Weather { get; } = new();

    public FaultyDisk? Disk => null;

    public bool IsRunning => _producer is not null && _draining is null && !Process.IsDead;

    public bool IsDraining => _draining is { IsCompleted: false } && !Process.IsDead;

    public bool IsDown => Process.IsDead || _draining is { IsCompleted: true };

    /// <summary>What a silo keeps durably is none of the client's any more.</summary>
    public bool IsIdle => Ledger.InFlight == 0;

    public int Segments => 0;

    public KplOptions? Options { get; set; }

    public string Detail => "";

    public long IdleClosings => _producer?.IdleClosings ?? 0;

    public bool IsGone(int life) => _lives[life].IsDead;

    public bool TryStart()
    {
        var process = new SimulatedProcess(world, $"{Name}.{_lives.Count}", TimeSpan.FromSeconds(world.Dice.NextDouble() * 2 - 1));
        _lives.Add(process);
        _draining = null;
        if (world.IsTracing)
            world.Say(process.Name, "starts");
        // Clients stand behind the silos on the network.
        var gateways = new ClientGateways(world, cluster, cluster.Hosts.Count + index, process) { RangesWrong = plan.RangesWrong };
        _counted.Add(world.Meters.Add());
        _producer = new ClientPipeline(
            Options ?? plan.Options, gateways, new RecordedEvents(world, process.Name), new TraceLog(world, process), process.Time,
            new SeededIds(world.Dice.Next()).Next, meters: _counted[^1], aim: plan.Aim);
        _producer.CloseIdleStreams(plan.IdleLimit);
        return true;
    }

    public Task DrainAsync()
    {
        if (world.IsTracing)
            world.Say(Process.Name, "drains");
        return _draining ??= DisposeAsync();
    }

    public void LosePower() => Process.Kill();

    /// <summary>Clients know no shards.</summary>
    public Task AnnounceAsync(IReadOnlyCollection<UInt128> boundaries) => Task.CompletedTask;

    public void Withdraw(IReadOnlyCollection<UInt128> boundaries)
    {
        // Nor what becomes of them.
    }

    private async Task DisposeAsync()
    {
        await _producer!.DisposeAsync().ConfigureAwait(false);
        if (world.IsTracing)
            world.Say(Process.Name, $"has drained: {Ledger}");
    }
}
