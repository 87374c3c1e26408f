using Orleans.Kpl.Pipeline.Routing;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Retrying;

/// <summary>Reads the shard map until it explains an answer, which ListShards may do seconds after a shard took its first record.</summary>
internal sealed class ShardSearch(ShardTopology topology, MapKeeper map, MonotonicClock clock)
{
    // A shard that ListShards does not tell of yet is looked for again after 0.25, 0.5, 1 and then every 2 s.
    private static readonly TimeSpan FirstLookAgain = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LastLookAgain = TimeSpan.FromSeconds(2);

    /// <summary>How long it is looked for, where no reshard was announced.</summary>
    private const long LongestSearch = 8 * TimeSpan.TicksPerSecond;

    /// <summary>Reads the map, and where that does not help closed shards too, until the answer is explained or no longer.</summary>
    /// <param name="shardId">The shard that the answer named.</param>
    /// <param name="isExplained">Whether the map explains the answer.</param>
    /// <param name="until">When the search ends in any case.</param>
    public async Task RunAsync(string shardId, Func<bool> isExplained, long until)
    {
        if (topology.Boundaries.Count == 0)
            until = Math.Min(until, clock.Now + LongestSearch);
        // A reading that was under way when the shard appeared may be too old to know it: the second one follows at once.
        var wait = TimeSpan.Zero;
        var read = await map.ReadAsync().ConfigureAwait(false);
        while (read && !isExplained() && clock.Now < until)
        {
            read = await map.ReadAfterAsync(wait).ConfigureAwait(false);
            // It may have closed before any map showed it.
            if (read && wait > TimeSpan.Zero && topology.RangeOf(shardId) is null)
                topology.RememberClosed(await map.ReadClosedAsync().ConfigureAwait(false));
            wait = wait == TimeSpan.Zero ? FirstLookAgain : wait < LastLookAgain ? wait * 2 : wait;
        }
    }
}
