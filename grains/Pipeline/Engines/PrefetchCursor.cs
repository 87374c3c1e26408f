using Orleans.Kpl.Pipeline.Maps;

namespace Orleans.Kpl.Pipeline.Engines;

/// <summary>
/// Asks for the memory of the open aggregates that a batch comes to next. With a thousand shards none of it is in the caches, and what a
/// record touches hangs on a chain: the aggregate leads to where the record goes. Each link is asked for some aggregates before the next
/// one, so that many are fetched at once and none is waited for.
/// </summary>
internal ref struct PrefetchCursor
{
    /// <summary>Fewer shards than this stay in the caches by themselves.</summary>
    private const int FewestShards = 128;

    // Aggregates between a link and the next one.
    private const int Distance = 8;

    private readonly Routes _routes;
    private readonly ReadOnlySpan<int> _shards;
    private int _place;

    /// <param name="routes">The routes in force.</param>
    /// <param name="shards">The shards that the batch comes to, in that order, as <see cref="ShardSorter.Touched"/>.</param>
    public PrefetchCursor(Routes routes, ReadOnlySpan<int> shards)
    {
        _routes = routes;
        _shards = shards.Length < FewestShards ? [] : shards;
        // The first ones have their links asked for before the batch comes to any.
        for (_place = -2 * Distance; !_shards.IsEmpty && _place < 0;)
            Next();
    }

    /// <summary>The batch comes to its next shard.</summary>
    public void Next()
    {
        if (_shards.IsEmpty)
            return;
        At(_place + (2 * Distance))?.Soon();
        At(_place + Distance)?.SoonPlace();
        _place++;
    }

    private readonly OpenAggregate? At(int place) => (uint)place < (uint)_shards.Length ? _routes.PlaceOf(_shards[place]).Aggregate : null;
}
