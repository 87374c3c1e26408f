using System.Collections.Concurrent;

namespace Orleans.Kpl.Grains.Owners;

/// <summary>The shards whose grains are active on this silo.</summary>
internal sealed class HostedShards
{
    private readonly ConcurrentDictionary<ShardKey, Action> _hosted = new();

    public ICollection<ShardKey> Keys => _hosted.Keys;

    public int Count => _hosted.Count;

    public bool Contains(ShardKey shard) => _hosted.ContainsKey(shard);

    /// <summary>A grain has come.</summary>
    /// <param name="shard">Its shard.</param>
    /// <param name="release">Lets it go when it is idle.</param>
    public void Add(ShardKey shard, Action release) => _hosted[shard] = release;

    /// <summary>A grain has gone, and holds nothing of its shard any more.</summary>
    /// <param name="shard">Its shard.</param>
    /// <param name="release">What it came with.</param>
    public void Remove(ShardKey shard, Action release) => _hosted.TryRemove(new KeyValuePair<ShardKey, Action>(shard, release));

    /// <summary>Lets a grain go: its shard is no more, or another silo's.</summary>
    public void Release(ShardKey shard)
    {
        if (_hosted.TryGetValue(shard, out var release))
            release();
    }
}
