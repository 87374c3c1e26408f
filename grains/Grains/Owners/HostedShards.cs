using System.Collections.Concurrent;
using Orleans.Kpl.Silos.Naming;

namespace Orleans.Kpl.Grains.Owners;

/// <summary>The shards whose grains are active on this silo.</summary>
internal sealed class HostedShards
{
    private readonly ConcurrentDictionary<ShardKey, Action> _hosted = new();

    public ICollection<ShardKey> Keys => _hosted.Keys;

    public int Count => _hosted.Count;

    public bool Contains(ShardKey shard) => _hosted.ContainsKey(shard);

    /// <summary>Adds a shard whose grain was activated.</summary>
    /// <param name="shard">Its shard.</param>
    /// <param name="release">Deactivates the grain when it is idle.</param>
    public void Add(ShardKey shard, Action release) => _hosted[shard] = release;

    /// <summary>Removes a shard whose grain was deactivated and holds nothing of it any more.</summary>
    /// <param name="shard">Its shard.</param>
    /// <param name="release">The action that it was added with.</param>
    public void Remove(ShardKey shard, Action release) => _hosted.TryRemove(new KeyValuePair<ShardKey, Action>(shard, release));

    /// <summary>Releases a shard's grain: the shard is closed, or another silo owns it.</summary>
    public void Release(ShardKey shard)
    {
        if (_hosted.TryGetValue(shard, out var release))
            release();
    }
}
