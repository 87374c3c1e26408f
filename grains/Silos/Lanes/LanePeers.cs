using Orleans.Kpl.Silos.Membership;

namespace Orleans.Kpl.Silos.Lanes;

/// <summary>The cluster's silos.</summary>
internal sealed class LanePeers(LiveSilos silos, SiloState start, Func<SiloId, IClientCalls> calls) : ILanePeers
{
    public SiloId Self => silos.Self;

    public int Count => silos.Owners.Count;

    public bool IsDraining => start.IsDraining;

    public bool IsLost(SiloId silo) => silos.IsLost(silo);

    public IClientCalls To(SiloId silo) => calls(silo);
}
