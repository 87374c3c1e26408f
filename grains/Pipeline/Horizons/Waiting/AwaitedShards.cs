using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Routing;
using Orleans.Kpl.Pipeline.Serving;
using Orleans.Kpl.Pipeline.Watching;

namespace Orleans.Kpl.Pipeline.Horizons.Waiting;

/// <summary>
/// Decides for one batch which of its records wait for their shards. The routes are those at the beginning, and a shard once found full stays so,
/// though it has room meanwhile: else a later record of a key would go ahead of an earlier one.
/// </summary>
/// <param name="routes">The routes for the whole batch.</param>
/// <param name="ttl">The records' time-to-live, in ticks.</param>
/// <param name="goOneByOne">Whether Kinesis records go one by one, and each record is one.</param>
internal sealed class AwaitedShards(Routes routes, long ttl, bool goOneByOne = false)
{
    private readonly HashSet<ShardEngine> _full = [];
    private readonly Dictionary<ShardEngine, int>? _free = goOneByOne ? [] : null;

    /// <summary>Whether records of an engine with that time-to-live, in ticks, must wait now.</summary>
    public static bool IsFull(ShardEngine engine, long ttl) => (engine.IsElsewhere ? engine.Elsewhere : engine.Horizon)?.IsFullFor(ttl) == true;

    /// <summary>Whether a record with that hash key waits.</summary>
    public bool MustWait(UInt128 hashKey)
    {
        var engine = routes.Find(hashKey);
        if (_full.Contains(engine))
            return true;
        if (_free is null ? !IsFull(engine, ttl) : Takes(_free, engine))
            return false;
        _full.Add(engine);
        return true;
    }

    /// <summary>Whether a record is not more than its shard has room for after those before it.</summary>
    private bool Takes(Dictionary<ShardEngine, int> freeByShard, ShardEngine engine)
    {
        if (engine.IsElsewhere)
            return true;
        if (!freeByShard.TryGetValue(engine, out var free))
            free = engine.Horizon.RoomFor(ttl);
        if (free == 0)
            return false;
        freeByShard[engine] = free - 1;
        return true;
    }
}
