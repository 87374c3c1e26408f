namespace Orleans.Kpl.Pipeline.Timing;

/// <summary>Lets something happen at most once per interval, however many threads ask.</summary>
internal sealed class Cooldown(TimeSpan interval)
{
    private readonly long _interval = interval.Ticks;
    private long _lastAt = -interval.Ticks;

    /// <summary>True for one caller per interval; the interval begins again with it.</summary>
    public bool TryStart(long now)
    {
        var lastAt = Interlocked.Read(ref _lastAt);
        return now - lastAt >= _interval && Interlocked.CompareExchange(ref _lastAt, now, lastAt) == lastAt;
    }
}
