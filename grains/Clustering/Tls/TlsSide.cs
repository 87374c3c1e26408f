namespace Orleans.Kpl.Clustering.Tls;

/// <summary>Whose certificate a connection's other side must have.</summary>
internal enum TlsSide
{
    /// <summary>A silo's port for silos: a silo's.</summary>
    SiloPort,

    /// <summary>A silo's port for clients: a client's.</summary>
    Gateway,

    /// <summary>Whoever calls a silo, at either port: a silo's.</summary>
    Caller,
}
