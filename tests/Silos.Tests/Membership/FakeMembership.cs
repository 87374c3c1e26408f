using System.Net;

namespace Orleans.Kpl.Silos.Tests.Membership;

/// <summary>What the cluster knows of its silos.</summary>
internal sealed class FakeMembership(int self = 1) : ISiloMembership
{
    private readonly Dictionary<SiloId, SiloStanding> _silos = [];
    private Action<SiloId, SiloStanding>? _changed;

    public SiloId Self { get; } = Silo(self);

    public IReadOnlyCollection<KeyValuePair<SiloId, SiloStanding>> Silos => _silos;

    public static SiloId Silo(int number) => new(IPAddress.Loopback, number, number);

    /// <summary>A silo's standing changes.</summary>
    public void Set(SiloId silo, SiloStanding standing)
    {
        _silos[silo] = standing;
        _changed?.Invoke(silo, standing);
    }

    /// <summary>Lists a silo no more, as membership does with one that died long ago.</summary>
    public void Forget(SiloId silo) => _silos.Remove(silo);

    public SiloStanding StandingOf(SiloId silo) => _silos.GetValueOrDefault(silo, SiloStanding.None);

    public void Subscribe(Action<SiloId, SiloStanding> changed) => _changed = changed;
}
