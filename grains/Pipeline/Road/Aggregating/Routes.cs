using Orleans.Kpl.Pipeline.Maps;

namespace Orleans.Kpl.Pipeline.Road.Aggregating;

/// <summary>Maps hash keys to engines: one shard map and its engines, replaced as a whole.</summary>
internal sealed class Routes
{
    private readonly ShardMap _map;
    private readonly ShardEngine[] _engines;
    private readonly ShardEngine? _fallback;

    public Routes(ShardMap map, ShardEngine[] engines, ShardEngine? fallback) => (_map, _engines, _fallback) = (map, engines, fallback);

    /// <summary>The map; empty while none is known.</summary>
    public ShardMap Map => _map;

    /// <summary>One engine per shard of the map, at the same index.</summary>
    public ReadOnlySpan<ShardEngine> Engines => _engines;

    /// <summary>The engine for hash keys that no shard of the map owns; for all of them while no map is known.</summary>
    public ShardEngine? Fallback => _fallback;

    /// <summary>Every engine.</summary>
    public IEnumerable<ShardEngine> All => _fallback is null ? _engines : _engines.Append(_fallback);

    /// <summary>These routes, of a map that was read again and shows the same shards.</summary>
    public Routes Under(ShardMap map) => new(map, _engines, _fallback);

    public ShardEngine Find(UInt128 hashKey) => Of(_map.Count == 0 ? -1 : _map.Find(hashKey));

    /// <summary>Returns the engine of a place in the map; −1 for none.</summary>
    public ShardEngine Of(int place) => place >= 0 ? _engines[place] : _fallback ?? _engines[0];

    /// <summary>Returns the engine of a place as in <see cref="ShardSorter.Touched"/>, where one beyond the map means none.</summary>
    public ShardEngine OfTouched(int place) => Of(place < _map.Count ? place : -1);
}

/// <summary>Has the routes in force.</summary>
internal sealed class RouteTable(Routes first)
{
    private Routes _current = first;

    public Routes Current => Volatile.Read(ref _current);

    public void Replace(Routes next) => Volatile.Write(ref _current, next);
}
