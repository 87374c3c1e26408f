namespace Orleans.Kpl.Silos.Membership;

/// <summary>The silos of the cluster as this silo knows them. Other silos may know more, or less, for a while.</summary>
internal interface ISiloMembership
{
    /// <summary>This silo.</summary>
    SiloId Self { get; }

    /// <summary>Every silo that membership lists, in any order.</summary>
    IReadOnlyCollection<KeyValuePair<SiloId, SiloStanding>> Silos { get; }

    /// <summary>What is known of one silo.</summary>
    SiloStanding StandingOf(SiloId silo);

    /// <summary>Calls back with each change, after it shows in <see cref="Silos"/>.</summary>
    void Subscribe(Action<SiloId, SiloStanding> changed);
}
