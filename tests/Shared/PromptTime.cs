using System.Collections.Concurrent;

namespace Orleans.Kpl.Testing;

/// <summary>
/// Time in which pauses take none: a timer of a pause fires at once, and the clock is then where it was due. Longer timers are limits: they fire when the
/// clock has come to them, by pauses or by <see cref="Advance"/>.
/// </summary>
/// <param name="longestPause">What is longer is a limit; by default nothing is.</param>
internal sealed class PromptTime(TimeSpan? longestPause = null) : TimeProvider
{
    private readonly FakeTimeProvider _time = new();

    /// <summary>The pauses, in their order.</summary>
    public ConcurrentQueue<TimeSpan> Pauses { get; } = [];

    public override long TimestampFrequency => _time.TimestampFrequency;

    public override long GetTimestamp() => TimeSpan.TicksPerDay + _time.GetTimestamp();

    public override DateTimeOffset GetUtcNow() => _time.GetUtcNow();

    public void Advance(TimeSpan by) => _time.Advance(by);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime < TimeSpan.Zero || dueTime > longestPause)
            return _time.CreateTimer(callback, state, dueTime, period);
        Pauses.Enqueue(dueTime);
        Advance(dueTime);
        ThreadPool.QueueUserWorkItem(_ => callback(state));
        return _time.CreateTimer(static _ => { }, null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }
}
