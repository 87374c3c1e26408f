using Orleans.Kpl.Pipeline.Maps;

namespace Orleans.Kpl.Pipeline.Engines;

/// <summary>
/// Prefetches the memory of the open aggregates that a batch needs next. With a thousand shards none of it is in the caches, and a record's
/// memory is reached in two steps: the aggregate, then the place that it points to. Each step is prefetched some aggregates before the next
/// one, so that many fetches overlap and none is waited for.
/// </summary>
internal ref struct PrefetchCursor
{
    /// <summary>The fewest shards that need prefetching: fewer stay in the caches by themselves.</summary>
    private const int FewestShards = 128;

    // The number of aggregates between one step and the next.
    private const int Distance = 8;

    private readonly Routes _routes;
    private readonly ReadOnlySpan<int> _shards;
    private int _place;

    /// <param name="shards">The shards of the batch, in the order of <see cref="ShardSorter.Touched"/>.</param>
    public PrefetchCursor(Routes routes, ReadOnlySpan<int> shards)
    {
        _routes = routes;
        _shards = shards.Length < FewestShards ? [] : shards;
        // Prefetch both steps of the first aggregates before the batch reaches them.
        for (_place = -2 * Distance; !_shards.IsEmpty && _place < 0;)
            Next();
    }

    /// <summary>Moves on with the batch to its next shard.</summary>
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
