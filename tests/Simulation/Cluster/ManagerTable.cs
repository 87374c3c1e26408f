using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Silos.Links;
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
        var manager = silo.Node.NewManager(stream, () => Forget(stream, silo), _ => Forget(stream, silo));
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

/// <summary>The managers of streams as one silo reaches them.</summary>
internal sealed class ManagerCalls(World world, SimulatedCluster cluster, SiloHost from) : IStreamManagers
{
    /// <summary>A question that is lost is given up after this, as between silos of Orleans.</summary>
    public static readonly TimeSpan Long = TimeSpan.FromSeconds(40);

    private static readonly TimeSpan Short = TimeSpan.FromSeconds(5);

    public Task<IReadOnlyList<ShardRange>> ListShardsAsync(string stream) =>
        CallAsync(stream, Long, "list shards", static async m => (await m.Readings.OpenAsync().ConfigureAwait(false)).Shards);

    public Task<IReadOnlyList<ShardRange>> ListClosedShardsAsync(string stream) =>
        CallAsync(stream, Long, "list closed shards", static m => m.Readings.ClosedAsync());

    public Task<StreamSummary> DescribeAsync(string stream) => CallAsync(stream, Long, "describe", static m => m.Readings.DescriptionAsync());

    public Task ReportFailuresAsync(string stream, FailureBatch failures) => CallAsync(stream, Short, "report failures", m =>
    {
        m.AddFailures(failures);
        return Task.FromResult(true);
    });

    public Task SetAsideAsync(string stream, DeadLetterBatch report) => CallAsync(stream, Long, "set aside", async m =>
    {
        world.DeadLetters += report.Letters.Count;
        await m.SetAsideAsync(report).ConfigureAwait(false);
        return true;
    });

    public Task WakeAsync(string stream) => CallAsync(stream, Long, "wake", static async m =>
    {
        await m.ResumeAsync().ConfigureAwait(false);
        return true;
    });

    private Task<T> CallAsync<T>(string stream, TimeSpan timeout, TraceText what, Func<StreamManager, Task<T>> call)
    {
        var silo = cluster.Managers.PlaceOf(stream, from.Current, world.Dice);
        return cluster.Wires.CallAsync(from, silo.Host, silo.Process, timeout, what, () => call(cluster.Managers.Of(stream, silo)));
    }
}
