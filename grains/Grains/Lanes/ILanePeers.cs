using Orleans.Runtime;

namespace Orleans.Kpl.Grains.Lanes;

/// <summary>The silos, as sessions of clients see them.</summary>
internal interface ILanePeers
{
    SiloAddress Self { get; }

    /// <summary>How many there are that take records.</summary>
    int Count { get; }

    /// <summary>This silo is on its way out.</summary>
    bool IsDraining { get; }

    /// <summary>Whether that silo is gone for good.</summary>
    bool IsLost(SiloAddress silo);

    ILaneLink To(SiloAddress silo);
}
