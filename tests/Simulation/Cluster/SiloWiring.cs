using Orleans.Kpl.Silos;
using Orleans.Kpl.Silos.Links;

namespace Orleans.Kpl.Simulation.Cluster;

/// <summary>One silo's way to all others.</summary>
internal sealed class SiloWiring(SimulatedCluster cluster, SiloHost from) : ISiloLinks
{
    public ISiloCalls To(SiloId silo) => new LinkTo(cluster, from, silo);
}
