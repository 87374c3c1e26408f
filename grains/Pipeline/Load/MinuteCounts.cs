namespace Orleans.Kpl.Pipeline.Load;

/// <summary>The last complete minutes of a shard, counted from when it was first observed. Not thread-safe.</summary>
internal sealed class MinuteCounts
{
    /// <summary>Complete minutes kept: an hour, which is as far back as scaling in looks by default.</summary>
    public const int Kept = 60;

    private readonly MinuteCount[] _complete = new MinuteCount[Kept];
    private readonly long _start;
    private MinuteCount _running;
    private long _minute;

    public MinuteCounts(long now) => _start = now;

    /// <summary>The running minute.</summary>
    public ref MinuteCount Running => ref _running;

    /// <summary>How much of the running minute has passed.</summary>
    public TimeSpan RunningFor(long now) => TimeSpan.FromTicks(Math.Max(0, now - _start - (_minute * TimeSpan.TicksPerMinute)));

    /// <summary>Closes the minutes that have passed; returns how many.</summary>
    public long AdvanceTo(long now)
    {
        var minute = (now - _start) / TimeSpan.TicksPerMinute;
        var passed = minute - _minute;
        if (passed <= 0)
            return 0;
        for (var i = _minute; i < Math.Min(minute, _minute + Kept + 1); i++)
        {
            _complete[i % Kept] = _running;
            _running = default;
        }

        if (passed > Kept)
            Array.Clear(_complete);
        _minute = minute;
        return passed;
    }

    /// <summary>The complete minutes, newest last; fewer than <see cref="Kept"/> while the shard is young.</summary>
    public MinuteCount[] ToArray()
    {
        var minutes = new MinuteCount[Math.Min(_minute, Kept)];
        for (var i = 0; i < minutes.Length; i++)
            minutes[i] = _complete[(_minute - minutes.Length + i) % Kept];
        return minutes;
    }
}
