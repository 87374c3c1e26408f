using System.Collections.Concurrent;
using Orleans.Kpl.Silos.Naming;

namespace Orleans.Kpl.Silos.Owners;

/// <summary>The shards that are served on this silo.</summary>
internal sealed class HostedShards
{
    private readonly ConcurrentDictionary<ShardKey, IShardActivation> _hosted = new();

    public ICollection<ShardKey> Keys => _hosted.Keys;

    public int Count => _hosted.Count;

    public bool Contains(ShardKey shard) => _hosted.ContainsKey(shard);

    /// <summary>Adds a shard that was opened.</summary>
    /// <param name="shard">The shard.</param>
    /// <param name="activation">What holds it open.</param>
    public void Add(ShardKey shard, IShardActivation activation) => _hosted[shard] = activation;

    /// <summary>Removes a shard of which nothing is held any more.</summary>
    /// <param name="shard">The shard.</param>
    /// <param name="activation">The activation that it was added with.</param>
    public void Remove(ShardKey shard, IShardActivation activation) =>
        _hosted.TryRemove(new KeyValuePair<ShardKey, IShardActivation>(shard, activation));

    /// <summary>Ends the activation of a shard: the shard is closed, or another silo owns it.</summary>
    public void Release(ShardKey shard)
    {
        if (_hosted.TryGetValue(shard, out var activation))
            activation.End();
    }
}
