namespace Orleans.Kpl.Pipeline.Timing;

/// <summary>
/// Monotonic time in ticks of 100 ns since the clock was created. Deadlines and limits use it; wall-clock time is only shown, in attempts.
/// </summary>
internal sealed class MonotonicClock
{
    private readonly long _start;
    private readonly double _ticksPerStamp;
    private readonly DateTimeOffset _startUtc;

    public MonotonicClock(TimeProvider time)
    {
        Time = time;
        _start = time.GetTimestamp();
        _startUtc = time.GetUtcNow();
        _ticksPerStamp = (double)TimeSpan.TicksPerSecond / time.TimestampFrequency;
    }

    public TimeProvider Time { get; }

    public long Now => (long)((Time.GetTimestamp() - _start) * _ticksPerStamp);

    public DateTimeOffset ToUtc(long ticks) => _startUtc.AddTicks(ticks);
}
