using Orleans.Kpl.Pipeline.Serving;
using Orleans.Kpl.Silos;
using Orleans.Kpl.Silos.Membership;
using Orleans.Kpl.Silos.Naming;
using Orleans.Kpl.Silos.Owners;

namespace Orleans.Kpl.Simulation.Cluster;

/// <summary>Where each shard is active: a directory of which there is only one. What is active on a silo that was declared dead is forgotten.</summary>
internal sealed class ShardTable(World world, SimulatedCluster cluster)
{
    private readonly Dictionary<string, ShardActivation> _activations = new(StringComparer.Ordinal);

    /// <summary>Returns the activation of a shard; where it has none, one begins as the caller's silo sees the cluster.</summary>
    public ShardActivation ActivationOf(ShardKey shard, SiloLife caller)
    {
        var key = shard.ToString();
        if (_activations.TryGetValue(key, out var activation) && !activation.HasEnded && cluster.StandingOf(activation.Silo.Id) != SiloStanding.Dead)
            return activation;
        return Activate(shard, caller, null);
    }

    /// <summary>Begins an activation.</summary>
    public ShardActivation Activate(ShardKey shard, SiloLife caller, ShardLevel? level)
    {
        var compatible = cluster.Active;
        var chosen = caller.Node.Homes.HomeOf(shard, [.. compatible.Select(static s => s.Id)]);
        var silo = compatible.FirstOrDefault(s => s.Id.Equals(chosen)) ?? (compatible.Count > 0 ? compatible[0] : caller);
        var activation = _activations[shard.ToString()] = new ShardActivation(world, this, silo, shard);
        if (world.IsTracing)
            world.Say("table", $"{shard} is placed on {silo.Process.Name}");
        world.After(cluster.Wires.Weather.Draw(world), () => activation.Begin(level), silo.Process);
        return activation;
    }

    /// <summary>Ends every activation on a silo that stops.</summary>
    public Task LeaveAsync(SiloLife silo) =>
        Task.WhenAll(_activations.Values.Where(a => a.Silo == silo && !a.HasEnded).ToList().Select(static a => a.EndAsync(moves: false)));
}

/// <summary>The owners of shards as one silo reaches them.</summary>
internal sealed class ShardDirectory(World world, SimulatedCluster cluster, SiloHost from) : IShardDirectory
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    public async Task<ShardAnswer> LocateAsync(ShardKey shard)
    {
        var until = world.Now + Timeout.Ticks;
        while (world.Now < until)
        {
            var activation = cluster.Shards.ActivationOf(shard, from.Current);
            var answer = await cluster.Wires.CallAsync(
                from, activation.Silo.Host, activation.Silo.Process, TimeSpan.FromTicks(until - world.Now), $"locate {shard}", activation.LocateAsync)
                .ConfigureAwait(false);
            if (answer is not null)
                return answer;
        }

        throw new TimeoutException($"simulated: {shard} was not located");
    }

    public Task MoveAsync(ShardKey shard, SiloId target)
    {
        var activation = cluster.Shards.ActivationOf(shard, from.Current);
        return cluster.Wires.CallAsync(
            from, activation.Silo.Host, activation.Silo.Process, Timeout, $"move {shard} to {target}", () => activation.MoveAsync(target));
    }
}
