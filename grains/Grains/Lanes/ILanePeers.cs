using Orleans.Runtime;

namespace Orleans.Kpl.Grains.Lanes;

/// <summary>The silos as the clients' sessions see them.</summary>
internal interface ILanePeers
{
    SiloAddress Self { get; }

    /// <summary>The number of silos that accept records.</summary>
    int Count { get; }

    /// <summary>Whether this silo is leaving.</summary>
    bool IsDraining { get; }

    /// <summary>Whether that silo is gone for good.</summary>
    bool IsLost(SiloAddress silo);

    ILaneLink To(SiloAddress silo);
}
