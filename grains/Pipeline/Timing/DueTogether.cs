namespace Orleans.Kpl.Pipeline.Timing;

/// <summary>
/// The entries of a <see cref="TimerQueue"/> that are due at one instant and have one rank, in the order they were armed. Guarded by its queue's lock.
/// </summary>
/// <remarks>
/// With thousands of shards nearly all wait for the same few instants, and each entry is out of the caches. So an entry comes and goes
/// without a look at any other one.
/// </remarks>
internal sealed class DueTogether
{
    /// <summary>The fewest entries that need prefetching: fewer stay in the caches by themselves.</summary>
    private const int FewestCold = 128;

    // The number of entries between one step of prefetching and the next.
    private const int Distance = 3;

    private TimerEntry?[] _entries = new TimerEntry?[4];
    private int _first;
    private int _end;
    private bool _areCold;

    public long Due { get; private set; }

    public int Rank { get; private set; }

    /// <summary>Its index in the queue's heap.</summary>
    public int HeapIndex { get; set; }

    public int Count { get; private set; }

    /// <summary>Sets what its entries have in common, while it has none.</summary>
    public void Begin(long due, int rank) => (Due, Rank, _first, _end, _areCold) = (due, rank, 0, 0, false);

    public void Add(TimerEntry entry)
    {
        if (_end == _entries.Length)
            MakeRoom();
        (entry.Due, entry.Together, entry.Place) = (Due, this, _end);
        _entries[_end++] = entry;
        Count++;
    }

    public void Remove(TimerEntry entry)
    {
        _entries[entry.Place] = null;
        (entry.Due, entry.Together) = (long.MaxValue, null);
        Count--;
    }

    /// <summary>Removes and returns the entry that was armed first.</summary>
    public TimerEntry TakeFirst()
    {
        while (_entries[_first] is null)
            _first++;
        var first = _entries[_first]!;
        PrefetchNext();
        Remove(first);
        _first++;
        return first;
    }

    private void PrefetchNext()
    {
        _areCold |= Count >= FewestCold;
        if (!_areCold)
            return;
        for (var step = 1; step <= 3; step++)
        {
            var place = _first + ((4 - step) * Distance);
            if (place < _end)
                _entries[place]?.Soon(step);
        }
    }

    private void MakeRoom()
    {
        var former = _entries;
        if (Count * 2 > former.Length)
            _entries = new TimerEntry?[former.Length * 2];
        var count = 0;
        for (var place = _first; place < _end; place++)
        {
            if (former[place] is not { } entry)
                continue;
            entry.Place = count;
            _entries[count++] = entry;
        }

        if (_entries == former)
            Array.Clear(_entries, count, _end - count);
        (_first, _end) = (0, count);
    }
}
