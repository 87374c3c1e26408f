namespace Orleans.Kpl.Pipeline.Services;

/// <summary>
/// Counts the failed records of each stream by their codes, for as long as they are news: then the count begins anew, and streams without news are
/// forgotten. Anybody may make up their names. Safe on any thread.
/// </summary>
internal sealed class FailureTally
{
    /// <summary>More codes than these are not told apart.</summary>
    public const int MostCodes = 32;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Dictionary<string, Count>> _streams = new(StringComparer.Ordinal);
    private readonly TimeProvider _time;
    private DateTimeOffset _forgotAt;

    public FailureTally(TimeProvider time) => _time = time;

    /// <summary>Counts what a producer's notifier is told from now on; called before the first record.</summary>
    public FailureTally(FailureNotifier notifier, TimeProvider time)
        : this(time) => notifier.Recent += (stream, result) => Add(stream, result.ErrorCode ?? "");

    /// <summary>How many streams are kept.</summary>
    public int Streams
    {
        get
        {
            lock (_lock)
                return _streams.Count;
        }
    }

    public void Add(string stream, string code, int records = 1)
    {
        var now = _time.GetUtcNow();
        lock (_lock)
        {
            Forget(now);
            if (!_streams.TryGetValue(stream, out var counts))
                _streams[stream] = counts = new(StringComparer.Ordinal);
            if (!counts.TryGetValue(code, out var count) && (counts.Count < MostCodes || !counts.TryGetValue(code = "Other", out count)))
                counts[code] = count = new Count();
            if (now - count.LastAt >= LatestFailures.NewsFor)
                (count.Records, count.FirstAt) = (0, now);
            (count.Records, count.LastAt) = (count.Records + records, now);
        }
    }

    /// <summary>The failures of a stream that are news, for each code.</summary>
    public IReadOnlyList<LatestFailures> Of(string stream)
    {
        lock (_lock)
            return _streams.TryGetValue(stream, out var counts) ? [.. Read(stream, counts, _time.GetUtcNow())] : [];
    }

    /// <summary>What is to be told of all streams together; null where nothing is news.</summary>
    /// <param name="isOwn">Whether a stream is certainly no name that somebody misspelt; null for all.</param>
    public LatestFailures? Latest(Func<string, bool>? isOwn = null)
    {
        var now = _time.GetUtcNow();
        lock (_lock)
        {
            Forget(now);
            return LatestFailures.Latest(_streams.SelectMany(s => Read(s.Key, s.Value, now)).Select(f => Judge(f, isOwn)), now);
        }
    }

    private static LatestFailures Judge(LatestFailures told, Func<string, bool>? isOwn) =>
        told.Code == RecordErrorCodes.ResourceNotFound && isOwn?.Invoke(told.Streams[0]) == false ? told with { AreOfStrangers = true } : told;

    private static IEnumerable<LatestFailures> Read(string stream, Dictionary<string, Count> counts, DateTimeOffset now) =>
        counts.Select(c => c.Value.Read(stream, c.Key)).Where(f => now < f.Until);

    private void Forget(DateTimeOffset now)
    {
        if (now - _forgotAt < LatestFailures.NewsFor)
            return;
        _forgotAt = now;
        foreach (var (stream, counts) in _streams)
        {
            if (counts.Values.All(c => now - c.LastAt >= LatestFailures.NewsFor))
                _streams.Remove(stream);
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
