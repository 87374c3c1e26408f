using System.Collections.Concurrent;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Services;

/// <summary>
/// Counts the failed records of each stream by their codes, for as long as they are news: then the count begins anew, and streams without news are
/// forgotten. Anybody may make up their names. Safe on any thread.
/// </summary>
/// <remarks>What is kept goes by monotonic time: when somebody sets the wall clock back, nothing is kept, or stays news, for longer.</remarks>
internal sealed class FailureTally(MonotonicClock clock)
{
    /// <summary>More codes than these are not told apart.</summary>
    public const int MostCodes = 32;

    private readonly ConcurrentDictionary<string, Counts> _streams = new(StringComparer.Ordinal);
    private readonly Cooldown _forgetting = new(LatestFailures.NewsFor);

    /// <summary>How many streams are kept.</summary>
    public int Streams => _streams.Count;

    public void Add(string stream, string code, int records = 1)
    {
        var (now, at) = (clock.Now, clock.Time.GetUtcNow());
        Forget(now);
        while (!_streams.GetOrAdd(stream, static _ => new Counts()).TryAdd(now, at, code, records))
        {
        }
    }

    /// <summary>The failures of a stream that are news, for each code.</summary>
    public IReadOnlyList<LatestFailures> Of(string stream) => _streams.TryGetValue(stream, out var counts) ? counts.Read(stream, clock.Now) : [];

    /// <summary>The news of all streams together; null where nothing is news.</summary>
    /// <param name="isOwn">Whether a stream is certainly no name that somebody misspelt; null for all.</param>
    public LatestFailures? Latest(Func<string, bool>? isOwn = null)
    {
        var now = clock.Now;
        Forget(now);
        return LatestFailures.Latest(_streams.SelectMany(s => s.Value.Read(s.Key, now)).Select(f => Judge(f, isOwn)), clock.Time.GetUtcNow());
    }

    private static LatestFailures Judge(LatestFailures told, Func<string, bool>? isOwn) =>
        told.Code == RecordErrorCodes.ResourceNotFound && isOwn?.Invoke(told.Streams[0]) == false ? told with { AreOfStrangers = true } : told;

    private void Forget(long now)
    {
        if (!_forgetting.TryStart(now))
            return;
        foreach (var (stream, counts) in _streams)
        {
            if (counts.TryForget(now))
                _streams.TryRemove(stream, out _);
        }
    }

    /// <summary>The failures of one stream. A lock of its own, and nothing but counting under it: in a storm many threads come here.</summary>
    private sealed class Counts
    {
        private readonly Dictionary<string, Count> _codes = new(StringComparer.Ordinal);
        private readonly Lock _lock = new();
        private bool _isForgotten;

        /// <summary>Counts failures; false where these counts were forgotten meanwhile.</summary>
        /// <param name="now">The monotonic instant.</param>
        /// <param name="at">What the wall clock shows.</param>
        public bool TryAdd(long now, DateTimeOffset at, string code, int records)
        {
            lock (_lock)
            {
                if (_isForgotten)
                    return false;
                if (!_codes.TryGetValue(code, out var count) && (_codes.Count < MostCodes || !_codes.TryGetValue(code = "Other", out count)))
                    _codes[code] = count = new Count();
                if (!count.IsNews(now))
                    (count.Records, count.FirstAt) = (0, at);
                (count.Records, count.LastAt, count.Last) = (count.Records + records, at, now);
                return true;
            }
        }

        /// <summary>Takes no more where nothing is news.</summary>
        public bool TryForget(long now)
        {
            lock (_lock)
                return _isForgotten = !_codes.Values.Any(c => c.IsNews(now));
        }

        public IReadOnlyList<LatestFailures> Read(string stream, long now)
        {
            lock (_lock)
                return [.. _codes.Where(c => c.Value.IsNews(now)).Select(c => c.Value.Read(stream, c.Key))];
        }
    }

    /// <summary>A storm of failures allocates nothing.</summary>
    private sealed class Count
    {
        public long Records { get; set; }

        public DateTimeOffset FirstAt { get; set; }

        public DateTimeOffset LastAt { get; set; }

        /// <summary>The monotonic instant of <see cref="LastAt"/>.</summary>
        public long Last { get; set; }

        public bool IsNews(long now) => Records > 0 && now - Last < LatestFailures.NewsFor.Ticks;

        public LatestFailures Read(string stream, string code) =>
            new() { Code = code, Streams = [stream], Count = Records, FirstAt = FirstAt, LastAt = LastAt };
    }
}
