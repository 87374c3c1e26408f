namespace Orleans.Kpl.Silos.Membership;

/// <summary>What membership knows of a silo.</summary>
internal enum SiloStanding
{
    /// <summary>Membership does not list it: it is new and not yet known here, or from before this silo's time.</summary>
    None,

    /// <summary>It has not started yet.</summary>
    Starting,

    /// <summary>It takes part in the cluster.</summary>
    Active,

    /// <summary>It stops.</summary>
    Stopping,

    /// <summary>It is gone for good.</summary>
    Dead,
}
