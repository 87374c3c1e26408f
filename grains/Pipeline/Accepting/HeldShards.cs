using Orleans.Kpl.Pipeline.Engines;

namespace Orleans.Kpl.Pipeline.Accepting;

/// <summary>
/// Decides for one batch which of its records wait for their shards. The routes are those at the beginning, and a shard once found full stays so,
/// though it has room meanwhile: else a later record of a key would go ahead of an earlier one.
/// </summary>
/// <param name="routes">The routes for the whole batch.</param>
/// <param name="ttl">The records' time-to-live, in ticks.</param>
internal sealed class HeldShards(Routes routes, long ttl)
{
    private readonly HashSet<ShardEngine> _full = [];

    /// <summary>Whether records of an engine with that time-to-live, in ticks, must wait now. Another process' shard is that one's concern.</summary>
    public static bool IsFull(ShardEngine engine, long ttl) => !engine.IsElsewhere && engine.Horizon.IsFullFor(ttl);

    /// <summary>Notes that a shard was found full.</summary>
    public void Add(ShardEngine engine) => _full.Add(engine);

    /// <summary>Whether a record with that hash key waits.</summary>
    public bool Holds(UInt128 hashKey)
    {
        var engine = routes.Find(hashKey);
        if (_full.Contains(engine))
            return true;
        if (!IsFull(engine, ttl))
            return false;
        _full.Add(engine);
        return true;
    }
}
