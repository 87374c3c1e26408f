using Orleans.Kpl.Silos.Management;
using Orleans.Kpl.Silos.Membership;

namespace Orleans.Kpl.Simulation.Cluster;

/// <summary>Where the manager of each stream is active.</summary>
internal sealed class ManagerTable(SimulatedCluster cluster)
{
    private readonly SortedDictionary<string, (SiloLife Silo, StreamManager? Manager)> _places = new(StringComparer.Ordinal);

    /// <summary>Returns the silo of a manager; where it has none, one that is drawn.</summary>
    public SiloLife PlaceOf(string stream, SiloLife caller, Random dice)
    {
        if (_places.TryGetValue(stream, out var place) && !place.Silo.HasEnded && cluster.StandingOf(place.Silo.Id) != SiloStanding.Dead)
            return place.Silo;
        var active = cluster.Active;
        var silo = active.Count == 0 ? caller : active[dice.Next(active.Count)];
        _places[stream] = (silo, null);
        return silo;
    }

    /// <summary>Returns the manager on its silo, which begins with the first call.</summary>
    public StreamManager Of(string stream, SiloLife silo)
    {
        if (_places.TryGetValue(stream, out var place) && place.Silo == silo && place.Manager is { } there)
            return there;
        var manager = silo.Node.NewManager(stream, () => Forget(stream, silo));
        _places[stream] = (silo, manager);
        _ = manager.ResumeAsync();
        return manager;
    }

    /// <summary>Ends the managers on a silo that stops.</summary>
    public async Task LeaveAsync(SiloLife silo)
    {
        foreach (var (stream, place) in _places.Where(p => p.Value.Silo == silo).ToList())
        {
            _places.Remove(stream);
            if (place.Manager is { } manager)
                await manager.EndAsync().ConfigureAwait(false);
        }
    }

    private void Forget(string stream, SiloLife silo)
    {
        if (_places.TryGetValue(stream, out var place) && place.Silo == silo)
            _places.Remove(stream);
    }
}
