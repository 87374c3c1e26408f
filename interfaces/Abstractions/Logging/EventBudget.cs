namespace Orleans.Kpl.Logging;

/// <summary>
/// Limits log lines of one kind: the first few events in a minute may be logged; the others are counted, and their number is logged once when the
/// minute ends. A minute begins with its first event, so nothing runs while nothing happens.
/// </summary>
internal sealed class EventBudget : IDisposable
{
    /// <summary>The maximum number of events logged per minute.</summary>
    public const int PerMinute = 10;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly Action<long> _tellLeftOut;
    private readonly ITimer _minute;
    private long _count;

    /// <param name="tellLeftOut">Called with the number of omitted events, never with zero.</param>
    public EventBudget(TimeProvider time, Action<long> tellLeftOut)
    {
        _tellLeftOut = tellLeftOut;
        _minute = time.CreateTimer(static self => ((EventBudget)self!).EndMinute(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Returns whether this event may be logged.</summary>
    public bool TryTake()
    {
        lock (_lock)
        {
            if (_count++ == 0)
                _minute.Change(Window, Timeout.InfiniteTimeSpan);
            return _count <= PerMinute;
        }
    }

    /// <summary>Reports the events omitted so far. Later minutes are not reported.</summary>
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

        if (leftOut <= 0)
            return;
        try
        {
            _tellLeftOut(leftOut);
        }
        catch (Exception)
        {
            // A provider of the log threw. On a timer's thread that would end the process, and there is nowhere else to tell it.
        }
    }
}
