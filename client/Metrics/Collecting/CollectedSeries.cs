namespace Orleans.Kpl.Metrics.Collecting;

/// <summary>The values of one metric with one set of tags. Threads record at once; what every Kinesis record brings is in <see cref="ShardCounts"/>.</summary>
internal sealed class CollectedSeries(TagSet tags, double[]? bounds)
{
    private readonly Lock _lock = new();
    private ValueStatistics _recorded;
    private ValueStatistics _total;
    private ValueStatistics _ofShards;
    private ValueStatistics _window;
    private ValueStatistics _recent;
    private double? _reading;

    public TagSet Tags => tags;

    /// <summary>The last value of a gauge; null where it told nothing when it was read last.</summary>
    public double? Last { get; private set; }

    /// <summary>Everything since the process began, as of the last <see cref="Settle"/>, and what shards counted that made room.</summary>
    public ValueStatistics Total
    {
        get
        {
            var all = Own;
            all.Add(_ofShards);
            return all;
        }
    }

    /// <summary>As <see cref="Total"/>, without the shards: where each is told of by itself, their values were told already.</summary>
    public ValueStatistics Own => _total.Copy();

    /// <summary>When something was settled last, in the counting of the collector.</summary>
    public long SettledAt { get; private set; }

    /// <summary>Whether it has what series of shards counted that made room.</summary>
    public bool IsRest { get; private set; }

    /// <summary>Records a value, so many times.</summary>
    public void Record(double value, long count)
    {
        lock (_lock)
            _recorded.Add(value, count, bounds);
    }

    /// <summary>Adds what became of values elsewhere.</summary>
    public void Add(in ValueStatistics values)
    {
        lock (_lock)
            _recorded.Add(values);
    }

    /// <summary>Takes what a gauge tells by itself: its value, or a change of it.</summary>
    public void Set(double value, bool isChange)
    {
        lock (_lock)
            Last = isChange ? (Last ?? 0) + value : value;
    }

    /// <summary>Takes what a gauge tells while it is read; several of one name, such as those of two producers, are joined.</summary>
    public void Read(double value, bool isLargest) =>
        _reading = _reading is not { } others ? value : isLargest ? Math.Max(others, value) : others + value;

    /// <summary>Ends the reading of a gauge.</summary>
    public void EndReading()
    {
        Last = _reading;
        if (_reading is { } value)
            Record(value, 1);
        _reading = null;
    }

    /// <summary>Brings together what the threads recorded. One thread at a time calls this and the methods below.</summary>
    public void Settle(long now)
    {
        ValueStatistics settled;
        lock (_lock)
            settled = _recorded.Take();
        if (settled.Count == 0)
            return;
        SettledAt = now;
        _total.Add(settled);
        _window.Add(settled);
        settled.Buckets = null;
        _recent.Add(settled);
    }

    /// <summary>Adds all that another series has, which made room.</summary>
    public void TakeOver(CollectedSeries other, long now)
    {
        IsRest = true;
        other.Settle(now);
        SettledAt = now;
        _ofShards.Add(other.Total);
        _window.Add(other._window);
        _recent.Add(other._recent);
    }

    /// <summary>Returns what was settled since the last time, for uploads.</summary>
    public ValueStatistics TakeWindow() => _window.Take();

    /// <summary>Returns what was settled since the last time, without buckets, for <see cref="RecentMetrics"/>.</summary>
    public ValueStatistics TakeRecent() => _recent.Take();
}
