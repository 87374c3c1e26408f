using System.Collections.Concurrent;
using Orleans.Kpl.Silos.Naming;

namespace Orleans.Kpl.Silos.Owners;

/// <summary>The shards that are served on this silo.</summary>
internal sealed class HostedShards
{
    private readonly ConcurrentDictionary<ShardKey, Stay> _hosted = new();
    private long _changes;

    /// <summary>Grows with each shard that comes or goes.</summary>
    public long Changes => Interlocked.Read(ref _changes);

    public ICollection<ShardKey> Keys => _hosted.Keys;

    public int Count => _hosted.Count;

    /// <summary>How many of them are of a stream.</summary>
    public int CountOf(string stream) => _hosted.Count(s => s.Key.Stream == stream);

    public bool Contains(ShardKey shard) => _hosted.ContainsKey(shard);

    /// <summary>Whether a shard is open here and waits for its turn: it would ignore a move.</summary>
    public bool IsWaiting(ShardKey shard) => _hosted.TryGetValue(shard, out var stay) && !stay.Turn.IsCompleted;

    /// <summary>Whether that activation holds the shard open here, and none that came after it.</summary>
    public bool IsHeldBy(ShardKey shard, IShardActivation activation) =>
        _hosted.TryGetValue(shard, out var stay) && ReferenceEquals(stay.Activation, activation);

    /// <summary>Adds a shard that was opened.</summary>
    /// <param name="activation">What holds it open.</param>
    /// <param name="turn">Completes when it may send, or never will.</param>
    public void Add(ShardKey shard, IShardActivation activation, Task turn)
    {
        _hosted[shard] = new Stay(activation, turn);
        Interlocked.Increment(ref _changes);
    }

    /// <summary>Removes a shard of which nothing is held any more.</summary>
    /// <param name="activation">The activation that it was added with.</param>
    public void Remove(ShardKey shard, IShardActivation activation)
    {
        if (_hosted.TryGetValue(shard, out var stay) && ReferenceEquals(stay.Activation, activation) && _hosted.TryRemove(KeyValuePair.Create(shard, stay)))
            Interlocked.Increment(ref _changes);
    }

    /// <summary>Ends the activation of a shard: the shard is closed, or another silo owns it.</summary>
    public void Release(ShardKey shard)
    {
        if (_hosted.TryGetValue(shard, out var stay))
            stay.Activation.End();
    }

    private readonly record struct Stay(IShardActivation Activation, Task Turn);
}
