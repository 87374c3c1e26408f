namespace Orleans.Kpl.Silos.Lanes;

/// <summary>The silos as the clients' sessions see them.</summary>
internal interface ILanePeers
{
    SiloId Self { get; }

    /// <summary>The number of silos that accept records.</summary>
    int Count { get; }

    /// <summary>Whether this silo is leaving.</summary>
    bool IsDraining { get; }

    /// <summary>Whether that silo is gone for good.</summary>
    bool IsLost(SiloId silo);

    IClientCalls To(SiloId silo);
}
