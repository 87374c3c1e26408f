using Orleans.Kpl.Pipeline.Limiting;
using Orleans.Kpl.Silos.Membership;
using Orleans.Kpl.Silos.Naming;
using Orleans.Kpl.Simulation.Clockwork;

namespace Orleans.Kpl.Simulation.Cluster;

/// <summary>Where each shard is active: a directory of which there is only one. What is active on a silo that was declared dead is forgotten.</summary>
internal sealed class ShardTable(World world, SimulatedCluster cluster)
{
    private readonly Dictionary<string, ShardActivation> _places = new(StringComparer.Ordinal);

    /// <summary>Returns the place of a shard; where it has none, it is placed as the caller's silo sees the cluster.</summary>
    public ShardActivation PlaceOf(ShardKey shard, SiloLife caller)
    {
        var key = shard.ToString();
        if (_places.TryGetValue(key, out var place) && !place.HasEnded && cluster.StandingOf(place.Silo.Id) != SiloStanding.Dead)
            return place;
        return Activate(shard, caller, null);
    }

    /// <summary>Begins an activation.</summary>
    public ShardActivation Activate(ShardKey shard, SiloLife caller, ShardLevel? level)
    {
        var compatible = cluster.Active;
        var chosen = caller.Node.Homes.PlaceOf(shard, [.. compatible.Select(static s => s.Id)]);
        var silo = compatible.FirstOrDefault(s => s.Id.Equals(chosen)) ?? (compatible.Count > 0 ? compatible[0] : caller);
        var place = _places[shard.ToString()] = new ShardActivation(world, this, silo, shard);
        if (world.IsTracing)
            world.Say("table", $"{shard} is placed on {silo.Process.Name}");
        world.After(cluster.Wires.Weather.Draw(world), () => place.Begin(level), silo.Process);
        return place;
    }

    /// <summary>Ends every activation on a silo that stops.</summary>
    public Task LeaveAsync(SiloLife silo) =>
        Task.WhenAll(_places.Values.Where(p => p.Silo == silo && !p.HasEnded).ToList().Select(static p => p.EndAsync(moves: false)));
}
