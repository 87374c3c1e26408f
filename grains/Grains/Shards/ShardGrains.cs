using Orleans.Kpl.Silos;
using Orleans.Kpl.Silos.Naming;
using Orleans.Kpl.Silos.Owners;

namespace Orleans.Kpl.Grains.Shards;

/// <summary>Finds the owner of each shard in Orleans' directory of grains.</summary>
internal sealed class ShardGrains(IGrainFactory grains) : IShardDirectory
{
    public async Task<ShardAnswer> LocateAsync(ShardKey shard)
    {
        var location = await Of(shard).Locate().ConfigureAwait(false);
        return new ShardAnswer(location.Silo.ToId(), location.Epoch, location.IsOpen);
    }

    public Task MoveAsync(ShardKey shard, SiloId target) => Of(shard).Move(target.ToAddress());

    private IShardGrain Of(ShardKey shard) => grains.GetGrain<IShardGrain>(shard.ToString());
}
