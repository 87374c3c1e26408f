namespace Orleans.Kpl.Metrics.Collecting;

/// <summary>What happened in each of the last seconds, for windows that end now. One thread at a time.</summary>
internal sealed class RecentMetrics(TimeProvider time)
{
    /// <summary>The longest window, as KPL's.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    /// <summary>How often <see cref="Add"/> is called, at least.</summary>
    public static readonly TimeSpan Part = TimeSpan.FromSeconds(1);

    private readonly Queue<(long At, IReadOnlyList<MetricSeries> Series)> _parts = new();

    /// <summary>Adds what happened since the last call.</summary>
    public void Add(IReadOnlyList<MetricSeries> series)
    {
        _parts.Enqueue((time.GetTimestamp(), series));
        while (time.GetElapsedTime(_parts.Peek().At) > Longest)
            _parts.Dequeue();
    }

    /// <summary>Returns the values of a window, to a second.</summary>
    public IReadOnlyList<MetricSeries> Over(TimeSpan window)
    {
        Dictionary<SeriesKey, MetricSeries> all = [];
        foreach (var metric in _parts.Where(p => time.GetElapsedTime(p.At) < window).SelectMany(static p => p.Series))
        {
            var key = new SeriesKey(metric);
            all[key] = all.TryGetValue(key, out var before) ? before.With(metric) : metric;
        }

        return [.. all.Values];
    }
}
