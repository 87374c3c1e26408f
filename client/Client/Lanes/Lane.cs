using Orleans.Kpl.Client.Sessions;
using Orleans.Kpl.Lanes;

namespace Orleans.Kpl.Client.Lanes;

/// <summary>One lane to one silo. Guarded by its stream.</summary>
internal sealed class Lane(IClientLane grain, SiloSession session)
{
    public IClientLane Grain => grain;

    public SiloSession Session => session;

    /// <summary>Messages that are being handed over.</summary>
    public int InFlight { get; set; }
}
