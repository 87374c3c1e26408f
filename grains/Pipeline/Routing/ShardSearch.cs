using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Routing;

/// <summary>
/// Looks for shards that took records and that no map tells of: ListShards may lag behind a reshard by seconds. One search for
/// everything that is sought, however many records wait for it, because ListShards is rationed: the map twice at once, then the map
/// and the closed shards after 0.25, 0.5, 1 and then every 2 s. It stays as slow as that until a shard is found.
/// </summary>
internal sealed class ShardSearch(MapKeeper map, ShardTopology topology, MonotonicClock clock)
{
    private static readonly TimeSpan FirstLookAgain = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LastLookAgain = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Sought> _sought = new(StringComparer.Ordinal);
    private bool _isSearching;
    private TimeSpan _wait;

    /// <summary>Completes when the map knows the shard, or at that instant, or when there is no map to be had.</summary>
    public Task FindAsync(string shardId, long until)
    {
        lock (_gate)
        {
            if (!_sought.TryGetValue(shardId, out var sought))
                _sought.Add(shardId, sought = new Sought());
            sought.Until = Math.Max(sought.Until, until);
            if (!_isSearching)
            {
                _isSearching = true;
                _ = Task.Run(SearchAsync);
            }

            return sought.Found.Task;
        }
    }

    private async Task SearchAsync()
    {
        // A reading that was under way when the shard appeared may be too old to know it: the second one follows at once.
        var read = await map.ReadAsync().ConfigureAwait(false);
        while (GoesOn(read))
        {
            var wait = _wait;
            read = await map.ReadAfterAsync(wait).ConfigureAwait(false);
            // It may have closed before any map showed it.
            if (read && wait > TimeSpan.Zero && IsUnknown())
                topology.RememberClosed(await map.ReadClosedAsync().ConfigureAwait(false));
            _wait = wait == TimeSpan.Zero ? FirstLookAgain : wait < LastLookAgain ? wait * 2 : wait;
        }
    }

    /// <summary>Ends what is found or has waited long enough; true where something is left.</summary>
    private bool GoesOn(bool canBeRead)
    {
        lock (_gate)
        {
            var now = clock.Now;
            foreach (var (shardId, sought) in _sought)
            {
                var isFound = topology.RangeOf(shardId) is not null;
                if (isFound)
                    _wait = TimeSpan.Zero;
                if (!isFound && canBeRead && now < sought.Until)
                    continue;
                _sought.Remove(shardId);
                sought.Found.SetResult();
            }

            return _isSearching = _sought.Count > 0;
        }
    }

    private bool IsUnknown()
    {
        lock (_gate)
            return _sought.Keys.Any(shardId => topology.RangeOf(shardId) is null);
    }

    private sealed class Sought
    {
        public long Until { get; set; }

        public TaskCompletionSource Found { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
