using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Engines;

/// <summary>
/// Tells when an engine wants to be woken, and whether a record changes that. Most records do not, because the aggregate that they join was
/// open before them. It is a mutable value, a field of its engine, whose lock guards it.
/// </summary>
internal struct EngineTimer
{
    private long _armedFor;

    // A deadline before this one may have the engine send earlier. Of expiries only the wake-up itself tells: while the engine is paused, or has no
    // tokens, it is not woken when its open aggregate is due.
    private long _deadlineSeenTo;

    public EngineTimer() => Forget();

    /// <summary>When the first held record expires. A lower bound: recomputed when the engine is woken.</summary>
    public long NextExpiry { get; set; }

    /// <summary>Notes that a record is held that expires at this instant.</summary>
    public void Expect(long expiresAt) => NextExpiry = Math.Min(NextExpiry, expiresAt);

    /// <summary>Whether the engine must be woken earlier than scheduled, now that the open aggregate is due at this deadline.</summary>
    public readonly bool HasNews(long openDeadline) => openDeadline < _deadlineSeenTo || NextExpiry < _armedFor;

    /// <summary>Notes that the engine was woken.</summary>
    public void Fired() => _armedFor = long.MaxValue;

    /// <summary>Schedules the engine's next wake-up.</summary>
    /// <param name="timers">The queue of all timers.</param>
    /// <param name="sendAt">When the engine may be able to send.</param>
    /// <param name="openDeadline">When the open aggregate is due.</param>
    public void Rearm(TimerQueue timers, TimerEntry engine, long sendAt, long openDeadline)
    {
        _deadlineSeenTo = openDeadline;
        var wakeAt = Math.Min(sendAt, NextExpiry);
        if (wakeAt >= _armedFor)
            return;
        _armedFor = wakeAt;
        timers.Schedule(engine, wakeAt);
    }

    /// <summary>
    /// Resets the timer when the engine holds nothing any more. If an old expiry stayed here, a shard that comes back would assume a
    /// wake-up for its first records, and never send them.
    /// </summary>
    public void Cancel(TimerQueue timers, TimerEntry engine)
    {
        timers.Cancel(engine);
        Forget();
    }

    private void Forget() => (_armedFor, NextExpiry, _deadlineSeenTo) = (long.MaxValue, long.MaxValue, long.MaxValue);
}
