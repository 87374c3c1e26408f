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

/// <summary>One lane to one silo. Guarded by its stream.</summary>
/// <param name="isPassedOn">Whether the silo was asked for by its name: the lane may reach another silo, which passes the calls on.</param>
internal sealed class Lane(ILaneCalls calls, SiloSession session, LaneWindow window, bool isPassedOn = false)
{
    public ILaneCalls Calls => calls;

    public SiloSession Session => session;

    public LaneWindow Window => window;

    public bool IsPassedOn => isPassedOn;

    /// <summary>Messages that are being handed over.</summary>
    public int InFlight
    {
        get => window.InFlight;
        set => window.InFlight = value;
    }
}

/// <summary>A lane whose silo has answered.</summary>
/// <param name="Silos">How many silos there are, as that silo knows.</param>
internal sealed record OpenedLane(ILaneCalls Calls, Guid Session, SiloId Silo, int Silos);

/// <summary>
/// The most messages in flight on one lane. It grows by one with each message that the silo takes, so that neither side waits while the other one pauses:
/// to as many as the silo says. When the silo has no memory for a message, it starts again.
/// </summary>
internal sealed class LaneWindow
{
    private readonly int _first;
    private readonly bool _isFixed;
    private int _size;

    /// <param name="first">What it starts with.</param>
    /// <param name="isFixed">Whether it stays at that.</param>
    public LaneWindow(int first, bool isFixed) => (_first, _isFixed, _size) = (first, isFixed, first);

    public int Size => Volatile.Read(ref _size);

    /// <summary>How many there are. Guarded by the stream.</summary>
    public int InFlight { get; set; }

    /// <summary>The silo has taken a message.</summary>
    /// <param name="most">How many it takes at once on a lane.</param>
    public void OnTaken(int most)
    {
        if (!_isFixed)
            Volatile.Write(ref _size, Math.Clamp(most, 1, Size + 1));
    }

    /// <summary>The silo has no memory for a message.</summary>
    /// <param name="most">How many it takes at once on a lane.</param>
    public void OnFull(int most) => Volatile.Write(ref _size, Math.Clamp(most, 1, _first));
}

/// <summary>
/// The windows of the lanes that are dealt to one silo. Each goes on with the lane of the next deal: what the silo takes at once, and has under way, is the
/// same. Guarded by the stream.
/// </summary>
internal sealed class LaneWindows
{
    private readonly List<LaneWindow> _windows = [];

    /// <param name="lane">The number of the lane among those to the silo, from 0; none is left out.</param>
    public LaneWindow Of(int lane, Func<LaneWindow> create)
    {
        if (lane == _windows.Count)
            _windows.Add(create());
        return _windows[lane];
    }
}
