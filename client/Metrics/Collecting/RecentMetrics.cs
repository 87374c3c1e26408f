namespace Orleans.Kpl.Metrics.Collecting;

/// <summary>Counts of each of the last seconds, for windows that end now. One thread at a time.</summary>
internal sealed class RecentMetrics(TimeProvider time)
{
    /// <summary>The longest window, as KPL's.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    /// <summary>How often <see cref="Add"/> is called, at least.</summary>
    public static readonly TimeSpan Part = TimeSpan.FromSeconds(1);

    // However often somebody looks, and so adds what happened since the last look, there are two a second at most.
    private readonly List<(long Began, long At, IReadOnlyList<MetricSeries> Series)> _parts = [];

    /// <summary>How many spans of time are kept apart.</summary>
    public int Parts => _parts.Count;

    /// <summary>Adds what happened since the last call.</summary>
    public void Add(IReadOnlyList<MetricSeries> series)
    {
        var now = time.GetTimestamp();
        var began = now;
        if (_parts is [.., var last])
        {
            began = last.At;
            if (time.GetElapsedTime(last.Began, now) < Part)
            {
                (began, series) = (last.Began, Sum([.. last.Series, .. series]));
                _parts.RemoveAt(_parts.Count - 1);
            }
        }

        _parts.Add((began, now, series));
        _parts.RemoveAll(p => time.GetElapsedTime(p.At) > Longest);
    }

    /// <summary>Returns the values of a window, to a second.</summary>
    public IReadOnlyList<MetricSeries> Over(TimeSpan window) =>
        Sum(_parts.Where(p => time.GetElapsedTime(p.At) < window).SelectMany(static p => p.Series));

    private static MetricSeries[] Sum(IEnumerable<MetricSeries> series)
    {
        Dictionary<string, MetricSeries> all = [];
        foreach (var metric in series)
            metric.AddTo(all);
        return [.. all.Values];
    }
}
