namespace Orleans.Kpl.Pipeline.Timing;

/// <summary>
/// How long to wait before each further attempt: the first wait, then twice the previous one, up to the longest. A mutable value: keep it in a local
/// variable or a field that is not read-only.
/// </summary>
/// <param name="first">The first wait, above zero.</param>
/// <param name="last">The longest wait, at least the first.</param>
internal struct Backoff(TimeSpan first, TimeSpan last)
{
    private readonly TimeSpan _first = first;
    private readonly TimeSpan _last = last;
    private TimeSpan _next = first;

    /// <summary>Returns the wait before the next attempt.</summary>
    public TimeSpan Next()
    {
        var wait = _next;
        // Compared with half the maximum, because doubling a long wait could overflow.
        _next = wait > _last / 2 ? _last : wait * 2;
        return wait;
    }

    /// <summary>Notes that an attempt succeeded: the first wait comes next.</summary>
    public void Reset() => _next = _first;
}

/// <summary>Allows an action at most once per interval, however many threads ask.</summary>
internal sealed class Cooldown(TimeSpan interval)
{
    private readonly long _interval = interval.Ticks;
    private long _lastAt = -interval.Ticks;

    /// <summary>Starts the interval and returns true, for one caller per interval; returns false for all others.</summary>
    public bool TryStart(long now)
    {
        var lastAt = Interlocked.Read(ref _lastAt);
        return now - lastAt >= _interval && Interlocked.CompareExchange(ref _lastAt, now, lastAt) == lastAt;
    }
}
