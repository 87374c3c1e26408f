namespace Orleans.Kpl.Pipeline.Routing;

/// <summary>Which engine takes which hash key: one shard map and its engines, swapped as a whole.</summary>
internal sealed class Routes(ShardMap map, ShardEngine[] engines, ShardEngine? fallback)
{
    /// <summary>The map; empty while none is known.</summary>
    public ShardMap Map => map;

    /// <summary>One engine per shard of the map, in its order.</summary>
    public ReadOnlySpan<ShardEngine> Engines => engines;

    /// <summary>Takes what no shard of the map owns; while no map is known, everything.</summary>
    public ShardEngine? Fallback => fallback;

    /// <summary>Every engine.</summary>
    public IEnumerable<ShardEngine> All => fallback is null ? engines : engines.Append(fallback);

    public ShardEngine Find(UInt128 hashKey) => Of(map.Count == 0 ? -1 : map.Find(hashKey));

    /// <summary>The engine of a place in the map; −1 for none.</summary>
    public ShardEngine Of(int place) => place >= 0 ? engines[place] : fallback ?? engines[0];
}
