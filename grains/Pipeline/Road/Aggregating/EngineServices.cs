using Orleans.Kpl.Pipeline.Road.Limiting;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Settings;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Road.Aggregating;

/// <summary>The services that all engines of a stream share.</summary>
/// <param name="Collect">Passes on a Kinesis record that has its tokens, to <c>StreamSender.Add</c>. Called under the engine's lock.</param>
/// <param name="TakeApart">
/// Takes a Kinesis record apart: expired members get their outcomes, the others are routed again. Called outside every lock.
/// </param>
internal sealed record EngineServices(
    Action<KinesisRecord> Collect, Action<KinesisRecord> TakeApart, PipelineSettings Settings, MonotonicClock Clock, TimerQueue Timers)
{
    /// <summary>The features that hang on each engine.</summary>
    public EngineFeatures Features { get; init; } = new();
}

/// <summary>The purpose of an engine.</summary>
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

    public EngineTimer() => (_armedFor, NextExpiry, _deadlineSeenTo) = (long.MaxValue, long.MaxValue, long.MaxValue);

    /// <summary>When the first held record expires. A lower bound: recomputed when the engine is woken.</summary>
    public long NextExpiry { get; set; }

    /// <summary>Notes that a record is held that expires at this instant.</summary>
    public void Expect(long expiresAt) => NextExpiry = Math.Min(NextExpiry, expiresAt);

    /// <summary>Whether the engine must be woken earlier than scheduled, now that the open aggregate is due at this deadline.</summary>
    public readonly bool HasNews(long openDeadline) => openDeadline < _deadlineSeenTo || NextExpiry < _armedFor;

    public void Fired() => _armedFor = long.MaxValue;

    /// <summary>Schedules the engine's next wake-up.</summary>
    /// <param name="sendAt">When the engine may be able to send.</param>
    public void Rearm(TimerQueue timers, TimerEntry engine, long sendAt, long openDeadline)
    {
        _deadlineSeenTo = openDeadline;
        var wakeAt = Math.Min(sendAt, NextExpiry);
        if (wakeAt >= _armedFor)
            return;
        _armedFor = wakeAt;
        timers.Schedule(engine, wakeAt);
    }
}

/// <summary>Watches what is offered to an engine's shard, what waits for it, and what Kinesis takes of it.</summary>
/// <remarks>Called for Kinesis records. Of user records it sees those at which a countdown of bytes has ended.</remarks>
internal abstract class ShardWatch
{
    /// <summary>Sees the first user record, and then each at which the countdown ended. Called under the engine's lock.</summary>
    /// <param name="left">What is left of the countdown, which begins at zero: below zero.</param>
    /// <returns>How many bytes come before the next one; 0 for none.</returns>
    public abstract long OnCountedDown(in IncomingRecord record, OpenAggregate open, long left, long now);

    /// <summary>Counts a Kinesis record that was closed. Called under the engine's lock.</summary>
    /// <param name="seenBytes">The <see cref="OpenAggregate.SeenBytes"/> of its aggregate.</param>
    public abstract void OnClosed(KinesisRecord record, long seenBytes);

    /// <summary>Counts a Kinesis record that is ready to be sent, whether there are tokens or not. Called under the engine's lock.</summary>
    public abstract void OnOffered(KinesisRecord record, long now);

    /// <summary>A Kinesis record went on its way to Kinesis, or came back from it.</summary>
    public abstract void OnMoved(KinesisRecord record, bool isUnderWay);

    /// <summary>Counts a Kinesis record of the shard that Kinesis took.</summary>
    public abstract void OnDelivered(KinesisRecord record, long now);

    /// <summary>Counts Kinesis records that the shard throttled, in the answer to a request that began at that instant: others may write to it.</summary>
    /// <returns>How much of what a shard takes in a second was sent from here, and whether that shows another writer; null where it is not known.</returns>
    public abstract (double Sent, bool ShowsOthers)? OnThrottles(int count, long bytes, long since, long now);

    /// <summary>A Kinesis record of the engine has its outcome.</summary>
    public abstract void OnEnded(KinesisRecord record);
}

/// <summary>The open aggregates of a shard that has more than one. Guarded by its engine's lock.</summary>
internal abstract class AggregateGroup
{
    /// <summary>All aggregates; some may be empty. The first is always the same.</summary>
    public abstract Span<OpenAggregate> All { get; }

    /// <summary>The aggregate that must leave first: an empty one where all are.</summary>
    public abstract OpenAggregate First { get; }

    /// <summary>Returns the aggregate that a record joins; null where as many are open as may be, and none of them takes it.</summary>
    public abstract OpenAggregate? For(in IncomingRecord record);

    /// <summary>Whether the first goes before closed records: others that fill up would go before it, again and again.</summary>
    public abstract bool HasWaitedLong(long now);

    /// <summary>Whether members of a Kinesis record belong to different aggregates, whatever is in these.</summary>
    public abstract bool Divides(KinesisRecord record);
}

/// <summary>Groups the open aggregates of a shard, the first of which is there already.</summary>
internal delegate AggregateGroup NewGroup(OpenAggregate first, Func<OpenAggregate> newAggregate);

/// <summary>The features that hang on each engine of a stream; nothing on the plain road.</summary>
/// <param name="NewPolicy">Creates what holds an engine's Kinesis records; null where they keep no places.</param>
/// <param name="NewWatch">Creates what watches an engine; null where nothing does.</param>
/// <param name="NewGroup">Groups the open aggregates of a shard; null where there is one only.</param>
/// <param name="NewTokens">Creates the tokens of a shard at an instant; null where they always come at the whole rate.</param>
internal sealed record EngineFeatures(
    Func<ShardEngine, EngineServices, SendPolicy>? NewPolicy = null, Func<ShardEngine, ShardWatch>? NewWatch = null, NewGroup? NewGroup = null,
    Func<ShardEngine, ShardLimits, long, TokenBucket>? NewTokens = null);
