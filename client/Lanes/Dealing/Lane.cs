using Orleans.Kpl.Lanes.Sessions;
using Orleans.Kpl.Silos;

namespace Orleans.Kpl.Lanes.Dealing;

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
