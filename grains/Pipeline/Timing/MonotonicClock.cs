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

    /// <summary>Returns how long ago an instant was; zero for one that has not come.</summary>
    public TimeSpan AgeOf(long instant) => TimeSpan.FromTicks(Math.Max(0, Now - instant));

    public DateTimeOffset ToUtc(long ticks) => _startUtc.AddTicks(ticks);
}
