using Orleans.Kpl.Client.Sessions;

namespace Orleans.Kpl.Client.Lanes;

/// <summary>The lanes of a stream as they were dealt. Guarded by the stream.</summary>
/// <param name="depth">Messages on one lane at once at most.</param>
internal sealed class LaneTable(int depth)
{
    private Lane[] _lanes = [];

    public bool IsEmpty => _lanes.Length == 0;

    /// <summary>Silos that are reached.</summary>
    public int Silos => _lanes.Select(static l => l.Session.Silo).Distinct().Count();

    public void Deal(IEnumerable<Lane> lanes) => _lanes = [.. lanes];

    public void Remove(SiloSession session) => _lanes = [.. _lanes.Where(l => l.Session != session)];

    /// <summary>
    /// A lane for the next message; null while there is none. Full messages fill the lanes; one that records may still join takes an
    /// idle lane only, so that under load messages are full.
    /// </summary>
    public Lane? Find(bool isFull)
    {
        Lane? least = null;
        foreach (var lane in _lanes)
        {
            if (least is null || lane.InFlight < least.InFlight)
                least = lane;
        }

        return least is not null && least.InFlight < (isFull ? depth : 1) ? least : null;
    }
}
