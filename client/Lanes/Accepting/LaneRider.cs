using Orleans.Kpl.Pipeline.Road.Promising;

namespace Orleans.Kpl.Lanes.Accepting;

/// <summary>What a put asks of the silo that takes its records over. Records of one message share it.</summary>
internal sealed class LaneRider : SinkRider
{
    private static readonly LaneRider PersistsOnly = new() { Persists = true };
    private static readonly LaneRider StaysOnly = new() { NeverSpills = true };
    private static readonly LaneRider Both = new() { Persists = true, NeverSpills = true };

    private LaneRider()
    {
    }

    /// <summary>Whether the records are kept durably before they are answered.</summary>
    public bool Persists { get; private init; }

    /// <summary>Whether they must not spill.</summary>
    public bool NeverSpills { get; private init; }

    /// <summary>Returns the rider that asks for these; null for neither.</summary>
    public static LaneRider? Of(bool persists, bool neverSpills) => (persists, neverSpills) switch
    {
        (true, true) => Both,
        (true, false) => PersistsOnly,
        (false, true) => StaysOnly,
        _ => null,
    };
}
