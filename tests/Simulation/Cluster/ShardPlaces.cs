using Orleans.Kpl.Silos;
using Orleans.Kpl.Silos.Naming;
using Orleans.Kpl.Silos.Owners;
using Orleans.Kpl.Simulation.Clockwork;

namespace Orleans.Kpl.Simulation.Cluster;

/// <summary>The owners of shards as one silo reaches them.</summary>
internal sealed class ShardPlaces(World world, SimulatedCluster cluster, SiloHost from) : IShardDirectory
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    public async Task<ShardAnswer> LocateAsync(ShardKey shard)
    {
        var until = world.Now + Timeout.Ticks;
        while (world.Now < until)
        {
            var place = cluster.Shards.PlaceOf(shard, from.Current);
            var answer = await cluster.Wires.CallAsync(
                from, place.Silo.Host, place.Silo.Process, TimeSpan.FromTicks(until - world.Now), $"locate {shard}", place.LocateAsync).ConfigureAwait(false);
            if (answer is not null)
                return answer;
        }

        throw new TimeoutException($"simulated: {shard} was not located");
    }

    public Task MoveAsync(ShardKey shard, SiloId target)
    {
        var place = cluster.Shards.PlaceOf(shard, from.Current);
        return cluster.Wires.CallAsync(from, place.Silo.Host, place.Silo.Process, Timeout, $"move {shard} to {target}", () => place.MoveAsync(target));
    }
}
