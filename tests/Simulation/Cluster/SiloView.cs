using Orleans.Kpl.Silos;
using Orleans.Kpl.Silos.Membership;

namespace Orleans.Kpl.Simulation.Cluster;

/// <summary>The silos as one silo knows them.</summary>
internal sealed class SiloView : ISiloMembership
{
    private readonly SortedDictionary<SiloId, SiloStanding> _silos = [];
    private readonly List<Action<SiloId, SiloStanding>> _listeners = [];

    public SiloView(SiloId self, IEnumerable<KeyValuePair<SiloId, SiloStanding>> known)
    {
        Self = self;
        foreach (var (silo, standing) in known)
            _silos[silo] = standing;
    }

    public SiloId Self { get; }

    public IReadOnlyCollection<KeyValuePair<SiloId, SiloStanding>> Silos => _silos;

    public SiloStanding StandingOf(SiloId silo) => _silos.GetValueOrDefault(silo);

    public void Subscribe(Action<SiloId, SiloStanding> changed) => _listeners.Add(changed);

    /// <summary>Learns a change; an older one than what is known is ignored.</summary>
    public void Learn(SiloId silo, SiloStanding standing)
    {
        if (StandingOf(silo) >= standing)
            return;
        _silos[silo] = standing;
        foreach (var listener in _listeners)
            listener(silo, standing);
    }
}
