namespace Orleans.Kpl.Pipeline.Timing;

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
