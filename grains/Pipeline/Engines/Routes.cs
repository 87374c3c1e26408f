using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Maps;

namespace Orleans.Kpl.Pipeline.Engines;

/// <summary>Maps hash keys to engines: one shard map and its engines, replaced as a whole.</summary>
internal sealed class Routes(ShardMap map, ShardEngine[] engines, ShardEngine? fallback)
{
    // The parts of the engines that most records need, so that records need not read the engines: see ShardEngine.FirstOpenAggregate.
    // The last one belongs to the fallback.
    private readonly (Lock Gate, OpenAggregate Aggregate)[] _places =
        [.. engines.Append(fallback ?? engines[0]).Select(static e => (e.Gate, e.FirstOpenAggregate))];

    /// <summary>The map; empty while none is known.</summary>
    public ShardMap Map => map;

    /// <summary>One engine per shard of the map, in its order.</summary>
    public ReadOnlySpan<ShardEngine> Engines => engines;

    /// <summary>The engine for hash keys that no shard of the map owns; for all of them while no map is known.</summary>
    public ShardEngine? Fallback => fallback;

    /// <summary>Every engine.</summary>
    public IEnumerable<ShardEngine> All => fallback is null ? engines : engines.Append(fallback);

    /// <summary>Whether this engine is among them.</summary>
    public bool Holds(ShardEngine engine)
    {
        var place = map.IndexOf(engine.Range.ShardId);
        return ReferenceEquals(fallback, engine) || place != ShardMap.None && ReferenceEquals(engines[place], engine);
    }

    /// <summary>The engines that hash keys of a range can belong to.</summary>
    public IEnumerable<ShardEngine> Overlapping(ShardRange range)
    {
        var first = map.Count == 0 ? 0 : Math.Max(0, map.Find(range.StartingHashKey));
        for (var place = first; place < map.Count && map[place].StartingHashKey <= range.EndingHashKey; place++)
            yield return engines[place];
        if (fallback is not null)
            yield return fallback;
    }

    public ShardEngine Find(UInt128 hashKey) => Of(map.Count == 0 ? -1 : map.Find(hashKey));

    /// <summary>Returns the engine of a place in the map; −1 for none.</summary>
    public ShardEngine Of(int place) => place >= 0 ? engines[place] : fallback ?? engines[0];

    /// <summary>Returns the open aggregate of a place in the map, as in <see cref="ShardSorter.Touched"/>, and the lock that guards it.</summary>
    public (Lock Gate, OpenAggregate Aggregate) PlaceOf(int place) => _places[place];

    /// <summary>Returns the engine of a place as in <see cref="ShardSorter.Touched"/>, where one beyond the map means none.</summary>
    public ShardEngine OfTouched(int place) => Of(place < map.Count ? place : -1);
}
