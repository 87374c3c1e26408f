using Orleans.Kpl.Lanes.Sessions;

namespace Orleans.Kpl.Lanes.Dealing;

/// <summary>The lanes of a stream as they were dealt. Guarded by the stream.</summary>
internal sealed class LaneTable
{
    private Lane[] _lanes = [];

    public bool IsEmpty => _lanes.Length == 0;

    /// <summary>The number of silos that the lanes lead to.</summary>
    public int Silos => _lanes.Select(static l => l.Session.Silo).Distinct().Count();

    public void Deal(IEnumerable<Lane> lanes) => _lanes = [.. lanes];

    public bool LeadTo(SiloSession session) => _lanes.Any(l => l.Session == session);

    public void Clear() => _lanes = [];

    public void Remove(SiloSession session) => _lanes = [.. _lanes.Where(l => l.Session != session)];

    /// <summary>
    /// Finds a lane for the next message; null while there is none. Full messages fill the lanes. A message that records may still join
    /// takes an idle lane only, so that under load messages are full.
    /// </summary>
    public Lane? Find(bool isFull)
    {
        Lane? least = null;
        foreach (var lane in _lanes)
        {
            if (lane.InFlight < (isFull ? lane.Window.Size : 1) && (least is null || lane.InFlight < least.InFlight))
                least = lane;
        }

        return least;
    }
}
