using System.Collections.Concurrent;

namespace Orleans.Kpl.Grains.Shards;

/// <summary>The shards whose grains are active on this silo.</summary>
internal sealed class HostedShards
{
    private readonly ConcurrentDictionary<ShardKey, Action> _hosted = new();

    public ICollection<ShardKey> Keys => _hosted.Keys;

    public int Count => _hosted.Count;

    /// <summary>A grain has come.</summary>
    /// <param name="shard">Its shard.</param>
    /// <param name="release">Lets it go when it is idle.</param>
    public void Add(ShardKey shard, Action release) => _hosted[shard] = release;

    /// <summary>A grain has gone.</summary>
    public void Remove(ShardKey shard) => _hosted.TryRemove(shard, out _);

    /// <summary>Lets a grain go: its shard is no more.</summary>
    public void Release(ShardKey shard)
    {
        if (_hosted.TryGetValue(shard, out var release))
            release();
    }
}
