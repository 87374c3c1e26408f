using System.Collections.Concurrent;

namespace Orleans.Kpl.Pipeline.Services;

/// <summary>
/// Counts the failed records of each stream by their codes, for as long as they are news: then the count begins anew, and streams without news are
/// forgotten. Anybody may make up their names. Safe on any thread.
/// </summary>
internal sealed class FailureTally
{
    /// <summary>More codes than these are not told apart.</summary>
    public const int MostCodes = 32;

    private readonly ConcurrentDictionary<string, Counts> _streams = new(StringComparer.Ordinal);
    private readonly TimeProvider _time;
    private long _forgotAt;

    public FailureTally(TimeProvider time) => _time = time;

    /// <summary>Counts what a producer's notifier is told from now on; called before the first record.</summary>
    public FailureTally(FailureNotifier notifier, TimeProvider time)
        : this(time) => notifier.Recent += (stream, result) => Add(stream, result.ErrorCode ?? "");

    /// <summary>How many streams are kept.</summary>
    public int Streams => _streams.Count;

    public void Add(string stream, string code, int records = 1)
    {
        var now = _time.GetUtcNow();
        Forget(now);
        while (!_streams.GetOrAdd(stream, static _ => new Counts()).TryAdd(now, code, records))
        {
        }
    }

    /// <summary>The failures of a stream that are news, for each code.</summary>
    public IReadOnlyList<LatestFailures> Of(string stream) => _streams.TryGetValue(stream, out var counts) ? counts.Read(stream, _time.GetUtcNow()) : [];

    /// <summary>The news of all streams together; null where nothing is news.</summary>
    /// <param name="isOwn">Whether a stream is certainly no name that somebody misspelt; null for all.</param>
    public LatestFailures? Latest(Func<string, bool>? isOwn = null)
    {
        var now = _time.GetUtcNow();
        Forget(now);
        return LatestFailures.Latest(_streams.SelectMany(s => s.Value.Read(s.Key, now)).Select(f => Judge(f, isOwn)), now);
    }

    private static LatestFailures Judge(LatestFailures told, Func<string, bool>? isOwn) =>
        told.Code == RecordErrorCodes.ResourceNotFound && isOwn?.Invoke(told.Streams[0]) == false ? told with { AreOfStrangers = true } : told;

    private void Forget(DateTimeOffset now)
    {
        var forgotAt = Volatile.Read(ref _forgotAt);
        if (now.UtcTicks - forgotAt < LatestFailures.NewsFor.Ticks || Interlocked.CompareExchange(ref _forgotAt, now.UtcTicks, forgotAt) != forgotAt)
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
        public bool TryAdd(DateTimeOffset now, string code, int records)
        {
            lock (_lock)
            {
                if (_isForgotten)
                    return false;
                if (!_codes.TryGetValue(code, out var count) && (_codes.Count < MostCodes || !_codes.TryGetValue(code = "Other", out count)))
                    _codes[code] = count = new Count();
                if (now - count.LastAt >= LatestFailures.NewsFor)
                    (count.Records, count.FirstAt) = (0, now);
                (count.Records, count.LastAt) = (count.Records + records, now);
                return true;
            }
        }

        /// <summary>Takes no more where nothing is news.</summary>
        public bool TryForget(DateTimeOffset now)
        {
            lock (_lock)
                return _isForgotten = _codes.Values.All(c => now - c.LastAt >= LatestFailures.NewsFor);
        }

        public IReadOnlyList<LatestFailures> Read(string stream, DateTimeOffset now)
        {
            lock (_lock)
                return [.. _codes.Select(c => c.Value.Read(stream, c.Key)).Where(f => now < f.Until)];
        }
    }

    /// <summary>A storm of failures allocates nothing.</summary>
    private sealed class Count
    {
        public long Records { get; set; }

        public DateTimeOffset FirstAt { get; set; }

        public DateTimeOffset LastAt { get; set; }

        public LatestFailures Read(string stream, string code) =>
            new() { Code = code, Streams = [stream], Count = Records, FirstAt = FirstAt, LastAt = LastAt };
    }
}
