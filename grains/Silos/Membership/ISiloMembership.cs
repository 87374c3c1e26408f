namespace Orleans.Kpl.Silos.Membership;

/// <summary>The silos of the cluster as this silo knows them. Other silos may know more, or less, for a while.</summary>
internal interface ISiloMembership
{
    /// <summary>This silo.</summary>
    SiloId Self { get; }

    /// <summary>Every silo that membership lists, in any order.</summary>
    IReadOnlyCollection<KeyValuePair<SiloId, SiloStanding>> Silos { get; }

    /// <summary>The standing of one silo.</summary>
    SiloStanding StandingOf(SiloId silo);

    /// <summary>Calls back with each change, after it shows in <see cref="Silos"/>.</summary>
    void Subscribe(Action<SiloId, SiloStanding> changed);
}

/// <summary>The standing of a silo in the membership.</summary>
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
