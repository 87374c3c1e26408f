namespace Orleans.Kpl.Metrics.Collecting;

/// <summary>The values of one metric with one set of tags. Threads that record at once have cells of their own.</summary>
internal sealed class CollectedSeries(TagSet tags, double[]? bounds)
{
    private static readonly int Stripes = Math.Min(8, Environment.ProcessorCount);

    // With a thousand shards nothing of a series is in the caches when its next value comes. What each value needs lies together therefore: at most two
    // tags, and the cell of the first processor.
    private readonly KeyValuePair<string, object?> _first = tags.FewAt(0);
    private readonly KeyValuePair<string, object?> _second = tags.FewAt(1);
    private readonly Cell?[]? _cells = Stripes > 1 ? new Cell?[Stripes] : null;
    private Cell? _cell;
    private ValueStatistics _total;
    private ValueStatistics _window;
    private ValueStatistics _recent;
    private double? _reading;

    /// <summary>The tags.</summary>
    public TagSet Tags => tags;

    /// <summary>What a gauge told last; null where it told nothing when it was read last.</summary>
    public double? Last { get; private set; }

    /// <summary>Everything since the process began, as of the last <see cref="Settle"/>.</summary>
    public ValueStatistics Total => _total.Copy();

    /// <summary>When something was settled last, in the counting of the collector.</summary>
    public long SettledAt { get; private set; }

    /// <summary>Whether these are its tags.</summary>
    public bool Has(ReadOnlySpan<KeyValuePair<string, object?>> given)
    {
        var isSame = given.Length switch
        {
            1 => IsSame(given[0], _first) && _second.Key is null,
            2 => IsSame(given[0], _first) && IsSame(given[1], _second),
            _ => false,
        };
        return isSame || tags.IsEqual(given);
    }

    /// <summary>Records a value, so many times.</summary>
    public void Record(double value, long count)
    {
        var cell = CellOfThread();
        lock (cell)
            cell.Values.Add(value, count, bounds);
    }

    /// <summary>Adds what became of values elsewhere.</summary>
    public void Add(in ValueStatistics values)
    {
        var cell = CellOfThread();
        lock (cell)
            cell.Values.Add(values);
    }

    /// <summary>Takes what a gauge tells by itself: its value, or a change of it.</summary>
    public void Set(double value, bool isChange)
    {
        lock (tags)
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
        var settled = default(ValueStatistics);
        for (var i = 0; i < Stripes; i++)
        {
            if (Volatile.Read(ref PlaceOf(i)) is not { } cell)
                continue;
            ValueStatistics values;
            lock (cell)
                values = cell.Values.Take();
            settled.Add(values);
        }

        if (settled.Count == 0)
            return;
        SettledAt = now;
        _total.Add(settled);
        _window.Add(settled);
        settled.Buckets = null;
        _recent.Add(settled);
    }

    /// <summary>Returns what was settled since the last time, for uploads.</summary>
    public ValueStatistics TakeWindow() => _window.Take();

    /// <summary>Returns what was settled since the last time, without buckets, for <see cref="RecentMetrics"/>.</summary>
    public ValueStatistics TakeRecent() => _recent.Take();

    private static bool IsSame(in KeyValuePair<string, object?> one, in KeyValuePair<string, object?> other) =>
        ReferenceEquals(one.Value, other.Value) && ReferenceEquals(one.Key, other.Key);

    private ref Cell? PlaceOf(int stripe) => ref (stripe == 0 ? ref _cell : ref _cells![stripe]);

    private Cell CellOfThread()
    {
        ref var place = ref PlaceOf(Stripes == 1 ? 0 : Thread.GetCurrentProcessorId() % Stripes);
        var cell = Volatile.Read(ref place);
        if (cell is null)
        {
            var added = new Cell();
            cell = Interlocked.CompareExchange(ref place, added, null) ?? added;
        }

        return cell;
    }

    private sealed class Cell
    {
        public ValueStatistics Values;
    }
}
