namespace Orleans.Kpl.Pipeline.Timing;

/// <summary>
/// One timer for all waiting entries: a heap over a single <see cref="ITimer"/> that is armed for the earliest entry, so that an idle producer uses
/// no CPU and thousands of shards cost one timer.
/// </summary>
/// <remarks>A heap instead of a timer wheel, because a wheel must tick while anything waits.</remarks>
internal sealed class TimerQueue : IDisposable
{
    private readonly MonotonicClock _clock;
    private readonly Action<Exception> _onError;
    private readonly ITimer _timer;
    private readonly Lock _lock = new();
    private TimerEntry[] _heap = new TimerEntry[64];
    private int _count;
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
            if (_disposed || entry.Due == due && entry.HeapIndex >= 0)
                return;
            if (entry.HeapIndex < 0 && _count == _heap.Length)
                Array.Resize(ref _heap, _count * 2);
            entry.Due = due;
            Settle(entry, entry.HeapIndex < 0 ? _count++ : entry.HeapIndex);
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
                entry = _heap[0];
                Remove(entry);
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

    private void Remove(TimerEntry entry)
    {
        var index = entry.HeapIndex;
        if (index < 0)
            return;
        entry.HeapIndex = -1;
        entry.Due = long.MaxValue;
        var last = _heap[--_count];
        _heap[_count] = null!;
        if (last != entry)
            Settle(last, index);
    }

    /// <summary>Puts an entry into the heap, above or below an index that is free or its own.</summary>
    private void Settle(TimerEntry entry, int index)
    {
        for (int parent; index > 0 && Before(entry, _heap[parent = (index - 1) / 2]); index = parent)
            Place(_heap[parent], index);
        for (int child; (child = index * 2 + 1) < _count; index = child)
        {
            if (child + 1 < _count && Before(_heap[child + 1], _heap[child]))
                child++;
            if (!Before(_heap[child], entry))
                break;
            Place(_heap[child], index);
        }

        Place(entry, index);
    }

    private void Place(TimerEntry entry, int index)
    {
        _heap[index] = entry;
        entry.HeapIndex = index;
    }

    private static bool Before(TimerEntry a, TimerEntry b) => a.Due < b.Due || a.Due == b.Due && a.Rank < b.Rank;
}

/// <summary>An object that a timer wakes: one entry per owner, which is moved instead of created anew.</summary>
internal abstract class TimerEntry
{
    /// <summary>When it is due; only the queue writes it.</summary>
    internal long Due = long.MaxValue;

    /// <summary>Its index in the queue's heap; −1 when it is not armed.</summary>
    internal int HeapIndex = -1;

    /// <summary>Among entries due at the same instant, lower ranks are woken first: engines close before senders send.</summary>
    internal abstract int Rank { get; }

    /// <summary>Handles the wake-up, on a pool thread and outside every lock of the queue.</summary>
    internal abstract void OnDue(long now);
}
