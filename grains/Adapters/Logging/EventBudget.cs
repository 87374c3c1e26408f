namespace Orleans.Kpl.Adapters.Logging;

/// <summary>
/// The first few events of one kind in a minute may be told; the others are counted, and their number is told once when the
/// minute ends. A minute begins with its first event, so nothing runs while nothing happens.
/// </summary>
internal sealed class EventBudget : IDisposable
{
    /// <summary>Events told per minute.</summary>
    public const int PerMinute = 10;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly Action<long> _tellLeftOut;
    private readonly ITimer _minute;
    private long _count;

    /// <param name="time">Where the minutes come from.</param>
    /// <param name="tellLeftOut">Called with how many were left out, never with zero.</param>
    public EventBudget(TimeProvider time, Action<long> tellLeftOut)
    {
        _tellLeftOut = tellLeftOut;
        _minute = time.CreateTimer(static self => ((EventBudget)self!).EndMinute(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Whether this event may be told.</summary>
    public bool TryTake()
    {
        lock (_lock)
        {
            if (_count++ == 0)
                _minute.Change(Window, Timeout.InfiniteTimeSpan);
            return _count <= PerMinute;
        }
    }

    /// <summary>Tells what was left out so far. No minute ends after this.</summary>
    public void Dispose()
    {
        _minute.Dispose();
        EndMinute();
    }

    private void EndMinute()
    {
        long leftOut;
        lock (_lock)
        {
            leftOut = _count - PerMinute;
            _count = 0;
        }

        if (leftOut > 0)
            _tellLeftOut(leftOut);
    }
}
