using Orleans.Kpl.Pipeline.Routing;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Retrying;

/// <summary>
/// Reads the shard map until it explains answers: ListShards may show a shard seconds after the shard took its first record. Because ListShards is
/// rate-limited, one search serves all waiting records. It reads the map twice at once, then the map and the closed shards after 0.25, 0.5, 1 and
/// then every 2 s. It keeps that slow pace until something is explained.
/// </summary>
internal sealed class ShardSearch(ShardTopology topology, ShardMapReader map, MonotonicClock clock)
{
    private static readonly TimeSpan FirstLookAgain = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LastLookAgain = TimeSpan.FromSeconds(2);

    /// <summary>How long the search for an explanation lasts where no reshard is announced, or after the last moment in which one was.</summary>
    private const long LongestSearch = 8 * TimeSpan.TicksPerSecond;

    private readonly Lock _lock = new();
    private readonly List<Sought> _sought = [];
    private bool _isSearching;
    private long _lastAnnouncedAt = long.MinValue / 2;
    private TimeSpan _wait;
    private Backoff _backoff = new(FirstLookAgain, LastLookAgain);

    /// <summary>
    /// Waits until the answer is explained or that instant has passed. It also completes when no map can be read, or the map is of another stream of
    /// the same name, which will never show shards of the former stream.
    /// </summary>
    /// <param name="shardId">The shard that the answer named.</param>
    /// <param name="isExplained">Whether the map explains the answer.</param>
    /// <param name="until">When the search ends in any case.</param>
    public Task RunAsync(string shardId, Func<bool> isExplained, long until)
    {
        var sought = new Sought(shardId, isExplained, clock.Now, until, topology.Life);
        lock (_lock)
        {
            NoteAnnouncement(sought.Since);
            _sought.Add(sought);
            if (!_isSearching)
            {
                _isSearching = true;
                _ = Task.Run(SearchAsync);
            }
        }

        return sought.Ended.Task;
    }

    private async Task SearchAsync()
    {
        // A reading that was under way when the shard appeared may be too old to show it, so the second one follows at once.
        var read = await map.ReadAsync().ConfigureAwait(false);
        while (GoesOn(read))
        {
            var wait = _wait;
            read = await map.ReadAfterAsync(wait).ConfigureAwait(false);
            // The shard may have closed before any map showed it.
            if (read && wait > TimeSpan.Zero && IsUnknown())
                topology.RememberClosed(await map.ReadClosedAsync().ConfigureAwait(false));
            if (wait == TimeSpan.Zero)
                _backoff.Reset();
            _wait = _backoff.Next();
        }
    }

    /// <summary>Completes the waits that are explained or have timed out. True where any remain.</summary>
    private bool GoesOn(bool canBeRead)
    {
        lock (_lock)
        {
            var now = clock.Now;
            NoteAnnouncement(now);
            for (var i = _sought.Count - 1; i >= 0; i--)
            {
                var sought = _sought[i];
                var isExplained = sought.IsExplained();
                if (isExplained)
                    _wait = TimeSpan.Zero;
                if (!isExplained && canBeRead && now < EndOf(sought) && sought.Life == topology.Life)
                    continue;
                _sought.RemoveAt(i);
                sought.Ended.SetResult();
            }

            return _isSearching = _sought.Count > 0;
        }
    }

    /// <summary>A reshard that was announced may come late. One whose announcement was withdrawn does not come at all.</summary>
    private void NoteAnnouncement(long now)
    {
        if (topology.Boundaries.Count > 0)
            _lastAnnouncedAt = now;
    }

    private long EndOf(Sought sought) => Math.Min(sought.Until, Math.Max(sought.Since, _lastAnnouncedAt) + LongestSearch);

    private bool IsUnknown()
    {
        lock (_lock)
            return _sought.Exists(s => topology.RangeOf(s.ShardId) is null);
    }

    private sealed record Sought(string ShardId, Func<bool> IsExplained, long Since, long Until, int Life)
    {
        public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
