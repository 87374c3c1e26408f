namespace Orleans.Kpl.Pipeline.Settings;

/// <summary>How long to wait before the next attempt. Each wait is drawn at random between half of the full wait and all of it.</summary>
internal sealed class BackoffPolicy(BackoffKind kind, TimeSpan initial, TimeSpan max)
{
    /// <summary>Returns the wait where nothing changes until an operator acts: the longest one, at least a second.</summary>
    /// <param name="draw">A random number from 0 up to 1.</param>
    public TimeSpan SlowDelay(double draw) =>
        TimeSpan.FromTicks((long)(Math.Max(max.Ticks, TimeSpan.TicksPerSecond) * (0.5 + draw / 2)));

    /// <param name="failures">Failed attempts so far, from 1.</param>
    /// <param name="draw">A random number from 0 up to 1.</param>
    public TimeSpan Delay(int failures, double draw)
    {
        var full = kind switch
        {
            BackoffKind.Constant => initial.Ticks,
            BackoffKind.Linear => initial.Ticks * (double)failures,
            _ => initial.Ticks * Math.Pow(2, Math.Min(failures - 1, 62)),
        };
        return TimeSpan.FromTicks((long)(Math.Min(full, max.Ticks) * (0.5 + draw / 2)));
    }
}
