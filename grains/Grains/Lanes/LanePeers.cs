using Orleans.Kpl.Grains.Membership;
using Orleans.Runtime;
using Orleans.Runtime.Services;

namespace Orleans.Kpl.Grains.Lanes;

/// <summary>The cluster's silos.</summary>
internal sealed class LanePeers(LiveSilos silos, SiloState start, LaneLinks links) : ILanePeers
{
    public SiloAddress Self => silos.Self;

    public int Count => silos.Owners.Count;

    public bool IsDraining => start.IsDraining;

    public bool IsLost(SiloAddress silo) => silos.IsLost(silo);

    public ILaneLink To(SiloAddress silo) => links.To(silo);
}

/// <summary>Reaches the lane service of a given silo.</summary>
internal sealed class LaneLinks(IServiceProvider services) : GrainServiceClient<ILaneLink>(services)
{
    public ILaneLink To(SiloAddress silo) => GetGrainService(silo);
}
