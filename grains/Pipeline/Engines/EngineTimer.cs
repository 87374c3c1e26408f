using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Engines;

/// <summary>
/// When an engine wants to be woken, and whether a record changes that: most do not, for the aggregate that they join was open before them.
/// A mutable value that stands in its engine, whose lock guards it.
/// </summary>
internal struct EngineTimer
{
    private long _armedFor;

    // What is due, or expires, before this instant is news.
    private long _newsBefore;

    public EngineTimer() => Forget();

    /// <summary>When something held expires. A lower bound: looked at again when the engine is woken.</summary>
    public long NextExpiry { get; set; }

    /// <summary>Something is held that expires then.</summary>
    public void Expect(long expiresAt) => NextExpiry = Math.Min(NextExpiry, expiresAt);

    /// <summary>Whether the engine has to be woken earlier than it saw to, now that what is open is due then.</summary>
    public readonly bool HasNews(long openDeadline) => Math.Min(openDeadline, NextExpiry) < _newsBefore;

    /// <summary>The engine was woken.</summary>
    public void Fired() => _armedFor = long.MaxValue;

    /// <summary>Sees to the engine being woken.</summary>
    /// <param name="timers">The queue of all timers.</param>
    /// <param name="engine">The engine.</param>
    /// <param name="sendAt">When it may be able to send something.</param>
    /// <param name="openDeadline">When what is open is due.</param>
    public void Rearm(TimerQueue timers, TimerEntry engine, long sendAt, long openDeadline)
    {
        _newsBefore = Math.Min(openDeadline, NextExpiry);
        var wakeAt = Math.Min(sendAt, NextExpiry);
        if (wakeAt >= _armedFor)
            return;
        _armedFor = wakeAt;
        timers.Schedule(engine, wakeAt);
    }

    /// <summary>
    /// Nothing is held any more. As new: with an old expiry left here, a shard that comes back would take the first records for seen to,
    /// and never send them.
    /// </summary>
    public void Cancel(TimerQueue timers, TimerEntry engine)
    {
        timers.Cancel(engine);
        Forget();
    }

    private void Forget() => (_armedFor, NextExpiry, _newsBefore) = (long.MaxValue, long.MaxValue, long.MaxValue);
}
