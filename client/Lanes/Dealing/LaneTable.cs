using Orleans.Kpl.Lanes.Sessions;
using Orleans.Kpl.Silos;

namespace Orleans.Kpl.Lanes.Dealing;

/// <summary>The lanes of a stream as they were dealt. Guarded by the stream.</summary>
internal sealed class LaneTable
{
    // Made anew with the lanes: each put looks for one.
    private Dictionary<SiloId, Lane[]> _bySilo = [];
    private Lane[] _toAny = [];

    private Lane[] Lanes
    {
        get;
        set
        {
            field = value;
            _bySilo = value.GroupBy(static l => l.Session.Silo).ToDictionary(static g => g.Key, static g => g.ToArray());
            _toAny = Array.Exists(value, static l => !l.IsPassedOn) ? Array.FindAll(value, static l => !l.IsPassedOn) : value;
        }
    } = [];

    public bool IsEmpty => Lanes.Length == 0;

    /// <summary>The number of silos that the lanes lead to.</summary>
    public int Silos => _bySilo.Count;

    /// <summary>
    /// Takes over new lanes. Of the former ones, those that are passed on, or whose session is in use, stay if no new lane leads to their silo: records
    /// are aimed there.
    /// </summary>
    public void Deal(IReadOnlyCollection<Lane> lanes) =>
        Lanes = [.. lanes, .. Lanes.Where(l => (l.IsPassedOn || !l.Session.IsResting) && lanes.All(n => !n.Session.Silo.Equals(l.Session.Silo)))];

    /// <summary>Adds lanes to those that were dealt.</summary>
    public void Add(IEnumerable<Lane> lanes) => Lanes = [.. Lanes, .. lanes];

    /// <summary>Returns a lane to a silo, busy or not; null where none leads there.</summary>
    public Lane? To(SiloId silo) => _bySilo.TryGetValue(silo, out var lanes) ? lanes[0] : null;

    public void Clear() => Lanes = [];

    public void Remove(SiloSession session) => Lanes = [.. Lanes.Where(l => l.Session != session)];

    /// <summary>
    /// Finds a lane for the next message; null while there is none. Full messages fill the lanes. A message that records may still join
    /// takes an idle lane only, so that under load messages are full.
    /// </summary>
    /// <param name="isFull">Whether the message is full, or has waited as long as it may for others to join.</param>
    /// <param name="silo">
    /// The silo that the message is aimed at. Null for any silo: then lanes that are passed on are taken only where there are no others.
    /// </param>
    public Lane? Find(bool isFull, SiloId? silo = null)
    {
        Lane? least = null;
        foreach (var lane in silo is null ? _toAny : _bySilo.GetValueOrDefault(silo, []))
        {
            if (lane.Window.InFlight < (isFull ? lane.Window.Size : 1) && (least is null || IsBefore(lane, least)))
                least = lane;
        }

        return least;
    }

    /// <summary>A silo that was slow to answer comes last: a client that puts little would go on using it, and the others would wait for nothing.</summary>
    private static bool IsBefore(Lane one, Lane other) =>
        one.Session.IsSlow == other.Session.IsSlow ? one.Window.InFlight < other.Window.InFlight : other.Session.IsSlow;
}

/// <summary>One lane to one silo.</summary>
/// <param name="IsPassedOn">Whether the silo was asked for by its name: the lane may reach another silo, which passes the calls on.</param>
internal sealed record Lane(ILaneCalls Calls, SiloSession Session, LaneWindow Window, bool IsPassedOn = false);

/// <summary>A lane whose silo has answered.</summary>
/// <param name="Silos">How many silos there are, as that silo knows.</param>
internal sealed record OpenedLane(ILaneCalls Calls, Guid Session, SiloId Silo, int Silos);

/// <summary>
/// The most messages in flight on one lane. It grows by one with each message that the silo takes, so that neither side waits while the other one pauses:
/// to as many as the silo says. When the silo has no memory for a message, it starts again.
/// </summary>
internal sealed class LaneWindow
{
    /// <summary>What it starts with.</summary>
    private const int First = 4;

    private volatile int _size = First;

    public int Size => _size;

    /// <summary>Messages that are being handed over. Guarded by the stream.</summary>
    public int InFlight { get; set; }

    /// <summary>The silo has taken a message.</summary>
    /// <param name="most">How many it takes at once on a lane.</param>
    public void OnTaken(int most) => _size = Math.Clamp(most, 1, _size + 1);

    /// <summary>The silo has no memory for a message.</summary>
    /// <param name="most">How many it takes at once on a lane.</param>
    public void OnFull(int most) => _size = Math.Clamp(most, 1, First);
}
