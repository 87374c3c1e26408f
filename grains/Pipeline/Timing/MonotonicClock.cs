namespace Orleans.Kpl.Pipeline.Timing;

/// <summary>
/// Monotonic time in ticks of 100 ns since the clock was created. Deadlines and limits use it; wall-clock time is only shown, in attempts and in health.
/// </summary>
internal sealed class MonotonicClock(TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();
    private long _startUtc = time.GetUtcNow().UtcTicks;
    private readonly double _ticksPerStamp = (double)TimeSpan.TicksPerSecond / time.TimestampFrequency;

    public TimeProvider Time => time;

    public long Now => (long)((time.GetTimestamp() - _start) * _ticksPerStamp);

    /// <summary>Returns how long ago an instant was; zero for one that has not come.</summary>
    public TimeSpan AgeOf(long instant) => TimeSpan.FromTicks(Math.Max(0, Now - instant));

    /// <summary>Converts an instant to wall-clock time. Where that was set, by a second or more, or the machine was suspended, as it is now.</summary>
    public DateTimeOffset ToUtc(long ticks)
    {
        var start = Volatile.Read(ref _startUtc);
        var off = time.GetUtcNow().UtcTicks - start - Now;
        if (Math.Abs(off) >= TimeSpan.TicksPerSecond)
            Volatile.Write(ref _startUtc, start += off);
        return new DateTimeOffset(start + ticks, TimeSpan.Zero);
    }
}

/// <summary>
/// When an aggregate that opens now must be sent. Deadlines are rounded down to common instants, a fifth of the linger apart, so that the shards of a
/// stream send together in full PutRecords calls. KPL gets the same by making every Kinesis record wait a second time, in the collector
/// (<c>pipeline.h</c>, putrecords_buffer_duration). This class adds no latency.
/// </summary>
internal sealed class Linger(TimeSpan recordMaxBufferedTime)
{
    /// <summary>The interval of the common instants of token wake-ups: at most 200 a second, whatever the number of saturated shards.</summary>
    private const long TokenGrid = 5 * TimeSpan.TicksPerMillisecond;

    private readonly long _linger = recordMaxBufferedTime.Ticks;
    private readonly long _grid = Math.Clamp(recordMaxBufferedTime.Ticks / 5, 1, 50 * TimeSpan.TicksPerMillisecond);

    /// <summary>Returns the deadline of records that are accepted now.</summary>
    /// <param name="expiresAt">
    /// When their time-to-live ends. Half of it may be spent on the linger, the other half is for the call. KPL sends in the last instant
    /// (<c>time_sensitive.h</c>, set_deadline), but only looks whether a record has expired once a call has failed.
    /// </param>
    public long DeadlineFrom(long now, long expiresAt)
    {
        var deadline = now + _linger;
        return Math.Max(now, Math.Min(deadline - deadline % _grid, now + (expiresAt - now) / 2));
    }

    /// <summary>Returns the next common instant at or after the given one.</summary>
    public static long AlignWakeUp(long instant) =>
        instant > long.MaxValue - TokenGrid ? instant : (instant + TokenGrid - 1) / TokenGrid * TokenGrid;
}
