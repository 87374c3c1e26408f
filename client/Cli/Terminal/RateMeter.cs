namespace Orleans.Kpl.Cli.Terminal;

/// <summary>Measures a rate over the last few seconds, not since the start.</summary>
internal sealed class RateMeter(TimeProvider time)
{
    private const int Window = 16;
    private readonly (long Timestamp, long Count)[] _readings = new (long, long)[Window];
    private readonly long _start = time.GetTimestamp();
    private int _taken;

    /// <summary>Takes a reading of the counter and returns the counts per second over the last readings.</summary>
    public double Read(long count)
    {
        var now = time.GetTimestamp();
        var (since, before) = _taken < Window ? (_start, 0) : _readings[_taken % Window];
        _readings[_taken++ % Window] = (now, count);
        var seconds = time.GetElapsedTime(since, now).TotalSeconds;
        return seconds > 0 ? (count - before) / seconds : 0;
    }
}
