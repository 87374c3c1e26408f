using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Lanes.Dealing;

/// <summary>
/// How long a message that records may still join waits for them while calls are unanswered, as in Nagle's algorithm: as long as silos take to answer. Quiet
/// silos answer at once. Without it, many small clients would give busy silos so many calls of one record each that these do little else.
/// </summary>
/// <remarks>
/// Without a call that is unanswered nothing waits. One slow silo among others holds nothing up for long: each answer of another one makes the wait as short
/// as that was. Guarded by the stream.
/// </remarks>
internal sealed class JoinWait(TimerQueue timers, Action over) : TimerEntry
{
    private static readonly long Shortest = TimeSpan.TicksPerMillisecond;
    private static readonly long Longest = TimeSpan.TicksPerSecond;

    private long _dueAt = long.MaxValue;

    /// <summary>The wait, in ticks; 0 until a silo has answered.</summary>
    public long Ticks { get; private set; }

    internal override int Rank => 0;

    /// <summary>A silo has answered a message. The wait at most doubles with each answer, so that it is that of the quickest silo.</summary>
    public void Answered(long took) => Ticks = Math.Min(Math.Min(took, Longest), Math.Max(Shortest, 2 * Ticks));

    /// <summary>Sets the timer for the instant at which a message has waited long enough, unless it fires before that.</summary>
    public void Expect(long at)
    {
        if (at < _dueAt)
            timers.Schedule(this, _dueAt = at);
    }

    /// <summary>The timer has fired. It is set again where a message still waits.</summary>
    public void Woke() => _dueAt = long.MaxValue;

    public void Stop() => timers.Cancel(this);

    internal override void OnDue(long now) => over();
}
