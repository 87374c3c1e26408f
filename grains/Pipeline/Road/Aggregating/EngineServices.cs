using Orleans.Kpl.Pipeline.Settings;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Road.Aggregating;

/// <summary>The services that all engines of a stream share.</summary>
/// <param name="Collect">Passes a Kinesis record that has its tokens to the collector. Called under the engine's lock.</param>
/// <param name="TakeApart">
/// Takes a Kinesis record apart: expired members get their outcomes, the others are routed again. Called outside every lock.
/// </param>
/// <param name="Settings">The settings of the stream.</param>
internal sealed record EngineServices(
    Action<KinesisRecord> Collect, Action<KinesisRecord> TakeApart, PipelineSettings Settings, MonotonicClock Clock, TimerQueue Timers)
{
    /// <summary>What hangs on each engine.</summary>
    public EngineFeatures Features { get; init; } = new();

    /// <summary>Has Kinesis records taken apart. Called outside every lock.</summary>
    public void Reroute(List<KinesisRecord> records)
    {
        foreach (var record in records)
            TakeApart(record);
    }
}

/// <summary>What an engine serves.</summary>
internal enum EngineKind
{
    /// <summary>One shard of the map.</summary>
    Predicted,

    /// <summary>The whole stream while its map is not known yet: the engine holds records back.</summary>
    AwaitingMap,

    /// <summary>The whole stream while its map cannot be known: records are sent without aggregation.</summary>
    Unpredicted,
}

/// <summary>Whether this process serves a shard. An embedded producer does, until a new map replaces the engine.</summary>
internal enum EngineState
{
    /// <summary>Served here.</summary>
    Open,

    /// <summary>Served by another process, or by none yet. The engine holds no records.</summary>
    Elsewhere,

    /// <summary>About to be served by another process: the engine still sends its records, but accepts no new ones.</summary>
    Leaving,

    /// <summary>Released for good: the map in force has other engines.</summary>
    Retired,
}

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
