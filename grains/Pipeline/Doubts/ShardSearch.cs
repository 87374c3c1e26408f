using Orleans.Kpl.Pipeline.Maps.Following;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Doubts;

/// <summary>
/// Finds out what became of shards that the map does not show: those that answers name, and those that are served here. ListShards may show a shard
/// seconds after it took its first record; and one that came and went between two readings is in no map, but among the closed shards. Because ListShards
/// is rate-limited, one search serves all. It reads the map at once, then the map and the closed shards after 0.25, 0.5, 1 and then every 2 s. It keeps
/// that slow pace until something is explained. Whatever else reads the map ends it as well.
/// </summary>
internal sealed class ShardSearch
{
    /// <summary>How long a listing may lag behind a shard that is served here.</summary>
    public static readonly TimeSpan LongestLag = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan FirstLookAgain = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LastLookAgain = TimeSpan.FromSeconds(2);

    /// <summary>How long the search for an answer's explanation lasts where no reshard is announced, or after the last moment in which one was.</summary>
    private const long LongestForAnswer = 8 * TimeSpan.TicksPerSecond;

    private readonly ShardTopology _topology;
    private readonly ShardMapReader _map;
    private readonly MonotonicClock _clock;
    private readonly Lock _lock = new();
    private readonly List<Sought> _sought = [];
    private int _number;
    private bool _hasExplained;
    private long _lastAnnouncedAt = long.MinValue / 2;
    private Backoff _backoff = new(FirstLookAgain, LastLookAgain);

    public ShardSearch(ShardTopology topology, ShardMapReader map, MonotonicClock clock)
    {
        (_topology, _map, _clock) = (topology, map, clock);
        map.MapRead = Look;
    }

    /// <summary>
    /// Waits until the answer is explained or that instant has passed. It also completes when no map can be read, or the map is of another stream of
    /// the same name, which will never show shards of the former stream.
    /// </summary>
    /// <param name="shardId">The shard that the answer named.</param>
    /// <param name="isExplained">Whether the map explains the answer.</param>
    /// <param name="until">When the search ends in any case.</param>
    public Task RunAsync(string shardId, Func<bool> isExplained, long until) => RunAsync(shardId, isExplained, until, LongestForAnswer);

    /// <summary>Waits until it is known what became of a shard, or its stay here has ended. It ends without that as the search for an answer does.</summary>
    /// <param name="hasLeft">Whether its stay has ended.</param>
    public Task RunAsync(string shardId, Func<bool> hasLeft) =>
        RunAsync(shardId, () => _topology.IsExplained(shardId) || hasLeft(), long.MaxValue, LongestLag.Ticks);

    private Task RunAsync(string shardId, Func<bool> isExplained, long until, long longest)
    {
        var sought = new Sought(shardId, isExplained, _clock.Now, until, longest, _topology.Life);
        lock (_lock)
        {
            NoteAnnouncement(sought.Since);
            _sought.Add(sought);
            if (_sought.Count == 1)
            {
                var number = ++_number;
                _ = Task.Run(() => SearchAsync(number));
            }
        }

        return sought.Ended.Task;
    }

    private async Task SearchAsync(int number)
    {
        var read = await _map.ReadAsync().ConfigureAwait(false);
        while (GoesOn(number, read, out var wait))
        {
            read = await _map.WaitAsync(wait).ConfigureAwait(false);
            if (!IsWanted(number))
                return;
            read = read && await _map.ReadAsync().ConfigureAwait(false);
            // The shard may have closed before any map showed it.
            if (read && wait > TimeSpan.Zero && IsUnknown())
                _topology.RememberClosed(await _map.ReadClosedAsync().ConfigureAwait(false));
        }
    }

    /// <summary>Completes the waits that are explained.</summary>
    private void Look()
    {
        lock (_lock)
            EndExplained();
    }

    /// <summary>Completes the waits that are explained or have timed out. True where any remain, after that wait.</summary>
    private bool GoesOn(int number, bool canBeRead, out TimeSpan wait)
    {
        lock (_lock)
        {
            wait = TimeSpan.Zero;
            if (!IsWanted(number))
                return false;
            var now = _clock.Now;
            NoteAnnouncement(now);
            EndExplained();
            var life = _topology.Life;
            for (var i = _sought.Count - 1; i >= 0; i--)
            {
                if (!canBeRead || now >= EndOf(_sought[i]) || _sought[i].Life != life)
                    End(i);
            }

            // An explained answer may tell that more has changed.
            if (_hasExplained)
                _backoff.Reset();
            else
                wait = _backoff.Next();
            _hasExplained = false;
            return _sought.Count > 0;
        }
    }

    private void EndExplained()
    {
        for (var i = _sought.Count - 1; i >= 0; i--)
        {
            if (!_sought[i].IsExplained())
                continue;
            _hasExplained = true;
            End(i);
        }
    }

    private void End(int index)
    {
        var sought = _sought[index];
        _sought.RemoveAt(index);
        sought.Ended.SetResult();
    }

    /// <summary>Whether that search has anything left. Another reading may have ended it, and another search have begun since.</summary>
    private bool IsWanted(int number)
    {
        lock (_lock)
            return _sought.Count > 0 && _number == number;
    }

    /// <summary>A reshard that was announced may come late. One whose announcement was withdrawn does not come at all.</summary>
    private void NoteAnnouncement(long now)
    {
        if (_topology.Boundaries.Count > 0)
            _lastAnnouncedAt = now;
    }

    private long EndOf(Sought sought) => Math.Min(sought.Until, Math.Max(sought.Since, _lastAnnouncedAt) + sought.Longest);

    private bool IsUnknown()
    {
        lock (_lock)
            return _sought.Exists(s => _topology.RangeOf(s.ShardId) is null);
    }

    private sealed record Sought(string ShardId, Func<bool> IsExplained, long Since, long Until, long Longest, int Life)
    {
        public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
