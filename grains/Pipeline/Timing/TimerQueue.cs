namespace Orleans.Kpl.Pipeline.Timing;

/// <summary>
/// One timer for all waiting entries: a heap of instants over a single <see cref="ITimer"/> that is armed for the earliest one, so that an idle
/// producer uses no CPU and thousands of shards cost one timer.
/// </summary>
/// <remarks>
/// A heap instead of a timer wheel, because a wheel must tick while anything waits. Of instants instead of entries, because thousands of shards
/// share few instants: a heap of entries compares some twenty of them for each one that is woken, all out of the caches.
/// </remarks>
internal sealed class TimerQueue : IDisposable
{
    private readonly MonotonicClock _clock;
    private readonly Action<Exception> _onError;
    private readonly ITimer _timer;
    private readonly Lock _lock = new();
    private readonly Dictionary<(long Due, int Rank), DueTogether> _instants = [];

    // Used again, so that nothing is allocated.
    private readonly Stack<DueTogether> _spare = [];
    private DueTogether[] _heap = new DueTogether[64];
    private int _count;

    // What the last entry joined: with many shards the next one mostly joins it too.
    private DueTogether? _last;
    private long _armedFor = long.MaxValue;
    private bool _running;
    private bool _disposed;

    public TimerQueue(MonotonicClock clock, Action<Exception> onError)
    {
        _clock = clock;
        _onError = onError;
        _timer = clock.Time.CreateTimer(static q => ((TimerQueue)q!).Run(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Arms the entry for the given instant, or moves it there.</summary>
    public void Schedule(TimerEntry entry, long due)
    {
        lock (_lock)
        {
            if (_disposed || entry.Due == due && entry.IsArmed)
                return;
            Remove(entry);
            Add(entry, due);
            ArmForFirst();
        }
    }

    public void Cancel(TimerEntry entry)
    {
        lock (_lock)
            Remove(entry);
    }

    public void Dispose()
    {
        lock (_lock)
            _disposed = true;
        _timer.Dispose();
    }

    private void Run()
    {
        lock (_lock)
        {
            _armedFor = long.MaxValue;
            if (_running)
                return;
            _running = true;
        }

        while (TakeDue(out var entry, out var now))
        {
            try
            {
                entry.OnDue(now);
            }
            catch (Exception e)
            {
                _onError(e);
            }
        }
    }

    private bool TakeDue([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out TimerEntry? entry, out long now)
    {
        lock (_lock)
        {
            now = _clock.Now;
            if (_count > 0 && _heap[0].Due <= now && !_disposed)
            {
                var together = _heap[0];
                entry = together.TakeFirst();
                RemoveIfEmpty(together);
                return true;
            }

            entry = null;
            _running = false;
            ArmForFirst();
            return false;
        }
    }

    private void ArmForFirst()
    {
        // A run that is under way checks again before it ends.
        if (_running || _count == 0 || _disposed || _heap[0].Due >= _armedFor)
            return;
        _armedFor = _heap[0].Due;
        var wait = Math.Max(0, _armedFor - _clock.Now);
        // Timers count whole milliseconds. Rounding up never wakes early, which would only require another wake-up.
        var milliseconds = (wait + TimeSpan.TicksPerMillisecond - 1) / TimeSpan.TicksPerMillisecond;
        _timer.Change(TimeSpan.FromMilliseconds(Math.Min(milliseconds, int.MaxValue)), Timeout.InfiniteTimeSpan);
    }

    private void Add(TimerEntry entry, long due)
    {
        var rank = entry.Rank;
        if (_last is not { Count: > 0 } || _last.Due != due || _last.Rank != rank)
            _last = Find(due, rank);
        _last.Add(entry);
    }

    private DueTogether Find(long due, int rank)
    {
        if (_instants.TryGetValue((due, rank), out var there))
            return there;
        if (!_spare.TryPop(out there))
            there = new DueTogether();
        there.Begin(due, rank);
        _instants.Add((due, rank), there);
        if (_count == _heap.Length)
            Array.Resize(ref _heap, _count * 2);
        Put(there, _count++);
        Up(there);
        return there;
    }

    private void Remove(TimerEntry entry)
    {
        if (entry.Together is not { } together)
            return;
        together.Remove(entry);
        RemoveIfEmpty(together);
    }

    private void RemoveIfEmpty(DueTogether together)
    {
        if (together.Count > 0)
            return;
        _instants.Remove((together.Due, together.Rank));
        _spare.Push(together);
        var index = together.HeapIndex;
        var last = _heap[--_count];
        _heap[_count] = null!;
        if (last == together)
            return;
        Put(last, index);
        Up(last);
        Down(last);
    }

    private void Up(DueTogether moved)
    {
        for (var index = moved.HeapIndex; index > 0;)
        {
            var parent = (index - 1) / 2;
            if (!Before(moved, _heap[parent]))
                return;
            Put(_heap[parent], index);
            Put(moved, index = parent);
        }
    }

    private void Down(DueTogether moved)
    {
        while (true)
        {
            var child = moved.HeapIndex * 2 + 1;
            if (child >= _count)
                return;
            if (child + 1 < _count && Before(_heap[child + 1], _heap[child]))
                child++;
            if (!Before(_heap[child], moved))
                return;
            var index = moved.HeapIndex;
            Put(_heap[child], index);
            Put(moved, child);
        }
    }

    private void Put(DueTogether together, int index)
    {
        _heap[index] = together;
        together.HeapIndex = index;
    }

    private static bool Before(DueTogether a, DueTogether b) => a.Due < b.Due || a.Due == b.Due && a.Rank < b.Rank;
}
