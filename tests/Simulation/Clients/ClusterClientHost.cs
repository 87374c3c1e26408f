using Orleans.Kpl.Lanes;
using Orleans.Kpl.Pipeline.Telemetry;
using Orleans.Kpl.Simulation.Cluster;

namespace Orleans.Kpl.Simulation.Clients;

/// <summary>A place where clients of the cluster run, one after the other. They have no store: faults of stores leave them alone.</summary>
internal sealed class ClusterClientHost(World world, SimulatedCluster cluster, Plan plan, int index) : ProducingHost<ClientPipeline>(world, plan, $"c{index}")
{
    /// <summary>What a silo keeps durably is none of the client's any more.</summary>
    public override bool IsIdle => Ledger.InFlight == 0;

    public override int Segments => 0;

    public override long IdleClosings => Current?.IdleClosings ?? 0;

    public override bool TryStart()
    {
        var process = NewProcess();
        // Clients stand behind the silos on the network.
        var gateways = new ClientGateways(World, cluster, cluster.Hosts.Count + index, process) { RangesWrong = Plan.RangesWrong };
        Run(process, meters => new ClientPipeline(
            Options ?? Plan.Options, gateways, RecordedEvents.Of<IPipelineEvents>(World, process.Name), new TraceLog(World, process), process.Time,
            new SeededIds(World.Dice.Next()).Next, meters: meters, aim: Plan.Aim));
        Current!.CloseIdleStreams(Plan.IdleLimit);
        return true;
    }

    /// <summary>Clients know no shards.</summary>
    public override Task AnnounceAsync(IReadOnlyCollection<UInt128> boundaries) => Task.CompletedTask;

    public override void Withdraw(IReadOnlyCollection<UInt128> boundaries)
    {
        // Nor what becomes of them.
    }
}
