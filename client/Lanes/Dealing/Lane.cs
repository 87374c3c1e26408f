using Orleans.Kpl.Lanes.Sessions;

namespace Orleans.Kpl.Lanes.Dealing;

/// <summary>One lane to one silo. Guarded by its stream.</summary>
internal sealed class Lane(ILaneCalls calls, SiloSession session, LaneWindow window)
{
    public ILaneCalls Calls => calls;

    public SiloSession Session => session;

    public LaneWindow Window => window;

    /// <summary>Messages that are being handed over.</summary>
    public int InFlight { get; set; }
}
