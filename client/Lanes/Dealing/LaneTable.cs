using Orleans.Kpl.Lanes.Sessions;
using Orleans.Kpl.Silos;

namespace Orleans.Kpl.Lanes.Dealing;

/// <summary>The lanes of a stream as they were dealt. Guarded by the stream.</summary>
internal sealed class LaneTable
{
    private Lane[] _lanes = [];

    // Made anew with the lanes: each put looks for one.
    private Dictionary<SiloId, Lane[]> _bySilo = [];
    private Lane[] _toAny = [];

    private Lane[] Lanes
    {
        get => _lanes;
        set
        {
            _lanes = value;
            _bySilo = value.GroupBy(static l => l.Session.Silo).ToDictionary(static g => g.Key, static g => g.ToArray());
            _toAny = Array.Exists(value, static l => !l.IsPassedOn) ? Array.FindAll(value, static l => !l.IsPassedOn) : value;
        }
    }

    public bool IsEmpty => Lanes.Length == 0;

    /// <summary>The number of silos that the lanes lead to.</summary>
    public int Silos => _bySilo.Count;

    /// <summary>
    /// Takes over new lanes. Of the former ones, those that are passed on, or whose session is in use, stay if no new lane leads to their silo: records
    /// are aimed there.
    /// </summary>
    public void Deal(IReadOnlyCollection<Lane> lanes) =>
        Lanes = [.. lanes, .. Lanes.Where(l => (l.IsPassedOn || !l.Session.IsResting) && lanes.All(n => !n.Session.Silo.Equals(l.Session.Silo)))];

    /// <summary>
    /// The windows of the lanes that were dealt to a silo. They go on with the new ones: what the silo takes at once, and has under way, is the same.
    /// </summary>
    public Queue<LaneWindow> WindowsTo(SiloId silo) =>
        new(_bySilo.GetValueOrDefault(silo, []).Where(static l => !l.IsPassedOn).Select(static l => l.Window));

    /// <summary>Adds lanes to those that were dealt.</summary>
    public void Add(IEnumerable<Lane> lanes) => Lanes = [.. Lanes, .. lanes];

    /// <summary>Returns a lane to a silo, busy or not; null where none leads there.</summary>
    public Lane? To(SiloId silo) => _bySilo.TryGetValue(silo, out var lanes) ? lanes[0] : null;

    public bool LeadTo(SiloSession session) => Lanes.Any(l => l.Session == session);

    public void Clear() => Lanes = [];

    public void Remove(SiloSession session) => Lanes = [.. Lanes.Where(l => l.Session != session)];

    /// <summary>
    /// Finds a lane for the next message; null while there is none. Full messages fill the lanes. A message that records may still join
    /// takes an idle lane only, so that under load messages are full.
    /// </summary>
    /// <param name="silo">
    /// The silo that the message is aimed at. Null for any silo: then lanes that are passed on are taken only where there are no others.
    /// </param>
    public Lane? Find(bool isFull, SiloId? silo = null)
    {
        Lane? least = null;
        foreach (var lane in silo is null ? _toAny : _bySilo.GetValueOrDefault(silo, []))
        {
            if (lane.InFlight < (isFull ? lane.Window.Size : 1) && (least is null || lane.InFlight < least.InFlight))
                least = lane;
        }

        return least;
    }
}
