using Orleans.Kpl.Lanes.Sessions;
using Orleans.Kpl.Silos;

namespace Orleans.Kpl.Lanes.Dealing;

/// <summary>The lanes of a stream as they were dealt. Guarded by the stream.</summary>
internal sealed class LaneTable
{
    private Lane[] _all = [];
    private bool _hasDirect;

    private Lane[] Lanes
    {
        get => _all;
        set => (_all, _hasDirect) = (value, Array.Exists(value, static l => !l.IsByAnother));
    }

    public bool IsEmpty => Lanes.Length == 0;

    /// <summary>The number of silos that the lanes lead to.</summary>
    public int Silos => Lanes.Select(static l => l.Session.Silo).Distinct().Count();

    /// <summary>Takes over new lanes. Those by way of another silo stay where none of the new ones leads.</summary>
    public void Deal(IReadOnlyCollection<Lane> lanes) =>
        Lanes = [.. lanes, .. Lanes.Where(l => l.IsByAnother && lanes.All(n => !n.Session.Silo.Equals(l.Session.Silo)))];

    /// <summary>Adds lanes to those that were dealt.</summary>
    public void Add(IEnumerable<Lane> lanes) => Lanes = [.. Lanes, .. lanes];

    /// <summary>Returns a lane to a silo, busy or not; null where none leads there.</summary>
    public Lane? To(SiloId silo) => Array.Find(Lanes, l => l.Session.Silo.Equals(silo));

    public bool LeadTo(SiloSession session) => Lanes.Any(l => l.Session == session);

    public void Clear() => Lanes = [];

    public void Remove(SiloSession session) => Lanes = [.. Lanes.Where(l => l.Session != session)];

    /// <summary>
    /// Finds a lane for the next message; null while there is none. Full messages fill the lanes. A message that records may still join
    /// takes an idle lane only, so that under load messages are full.
    /// </summary>
    /// <param name="silo">
    /// The silo that the message is aimed at. Null for any: then lanes by way of another silo are taken only where there are no others.
    /// </param>
    public Lane? Find(bool isFull, SiloId? silo = null)
    {
        Lane? least = null;
        foreach (var lane in Lanes)
        {
            if (silo is null ? lane.IsByAnother && _hasDirect : !lane.Session.Silo.Equals(silo))
                continue;
            if (lane.InFlight < (isFull ? lane.Window.Size : 1) && (least is null || lane.InFlight < least.InFlight))
                least = lane;
        }

        return least;
    }
}
