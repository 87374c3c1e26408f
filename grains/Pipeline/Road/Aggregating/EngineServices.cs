using Orleans.Kpl.Pipeline.Road.Limiting;
using Orleans.Kpl.Pipeline.Road.Promising;
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

    public EngineTimer() => (_armedFor, NextExpiry, _deadlineSeenTo) = (long.MaxValue, long.MaxValue, long.MaxValue);

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
}

/// <summary>
/// What follows an engine whose Kinesis records keep their places among each other: after a reshard, and when another process serves the shard. Engines of
/// other streams have none; what they hold is routed again.
/// </summary>
internal abstract class Succession
{
    /// <summary>Holds the engine's Kinesis records, and knows the one in flight.</summary>
    public abstract SendPolicy Sending { get; }

    /// <summary>Whether the engine was retired, and everything that it held was handed over.</summary>
    public bool IsOver { get; protected set; }

    /// <summary>Returns the engine that has a hash key of this one's shard after it; null while this one is in force, and after a disposal.</summary>
    public abstract ShardEngine? NextFor(UInt128 hashKey);

    /// <summary>Called when other routes are about to replace those of the engine, before it is retired.</summary>
    /// <param name="next">Finds the engine of a hash key in them.</param>
    /// <param name="successors">Their engines for hash keys of this one's shard that are new.</param>
    public abstract void SucceededBy(Func<UInt128, ShardEngine> next, IReadOnlyList<ShardEngine> successors);

    /// <summary>Stops accepting records. The held records are handed over as soon as nothing is in flight.</summary>
    public abstract void StepDown();

    /// <summary>Stops accepting records. Returns all that were held: none of them is handed over.</summary>
    public abstract List<KinesisRecord> Retire();

    /// <summary>Notes that a shard took the record in flight. Returns the sequence number that its own should have exceeded and did not.</summary>
    public abstract string? Taken(string shardId, string sequenceNumber);

    /// <summary>Notes that a Kinesis record of the engine has its outcome.</summary>
    public abstract void Ended(KinesisRecord record);

    /// <summary>
    /// Takes apart the Kinesis record in flight, and puts its parts in its place: here, or at the successors where the engine is
    /// retired. False when it is not in flight.
    /// </summary>
    public abstract bool TryKeepInPlace(KinesisRecord record);
}

/// <summary>Watches what is offered to an engine's shard, what waits for it, and what Kinesis takes of it.</summary>
/// <remarks>
/// Called for Kinesis records. Of user records it sees those at which a countdown of bytes has ended, and all of them only where it asks for that.
/// </remarks>
internal abstract class ShardWatch
{
    /// <summary>Whether it wants to know of each user record that joins an open aggregate.</summary>
    public abstract bool CountsOpen { get; }

    /// <summary>Returns how many bytes of user records come before the first one that it wants to see.</summary>
    public abstract long BytesToFirst();

    /// <summary>Sees the user record at which the countdown ended. Called under the engine's lock.</summary>
    /// <param name="left">What is left of the countdown: below zero.</param>
    /// <returns>How many bytes come before the next one.</returns>
    public abstract long OnCountedDown(in IncomingRecord record, long left, long now);

    /// <summary>Counts a user record that joined an open aggregate, where <see cref="CountsOpen"/>. Called under the engine's lock.</summary>
    public abstract void OnJoined(int bytes, bool isFirst);

    /// <summary>User records have joined open aggregates, where <see cref="CountsOpen"/>. Called under the engine's lock.</summary>
    public abstract void OnAppended();

    /// <summary>Counts a Kinesis record that was closed. Called under the engine's lock.</summary>
    /// <param name="countedBytes">The bytes that <see cref="OnJoined"/> counted for it.</param>
    public abstract void OnClosed(KinesisRecord record, long countedBytes);

    /// <summary>Counts a Kinesis record that is ready to be sent, whether there are tokens or not. Called under the engine's lock.</summary>
    public abstract void OnOffered(KinesisRecord record, long now);

    /// <summary>The shard is used at a share of its rate, because others use it too. Called under the engine's lock.</summary>
    public abstract void OnRateLowered(double share);

    /// <summary>A Kinesis record went on its way to Kinesis, or came back from it.</summary>
    public abstract void OnMoved(KinesisRecord record, bool isUnderWay);

    /// <summary>Counts a Kinesis record of the shard that Kinesis took.</summary>
    public abstract void OnDelivered(KinesisRecord record, long now);

    /// <summary>Counts Kinesis records of the shard that Kinesis throttled.</summary>
    /// <returns>How much of what a shard takes in a second was sent from here, and whether that shows another writer; null where it is not known.</returns>
    public abstract (double Sent, bool ShowsOthers)? OnThrottles(int count, long bytes, long now);

    /// <summary>A Kinesis record of the engine has its outcome.</summary>
    public abstract void OnEnded(KinesisRecord record);

    /// <summary>Whether this process sent nearly all that the shard takes in a second.</summary>
    public abstract bool TookNearlyAll(long now);
}

/// <summary>What hangs on each engine of a stream; nothing on the plain road.</summary>
/// <param name="NewSuccession">Creates what follows an engine; null where what it holds is routed again.</param>
/// <param name="NewWatch">Creates what watches an engine; null where nothing does.</param>
/// <param name="NewGroup">Groups the open aggregates of a shard; null where there is one only.</param>
/// <param name="NewRate">Creates what lowers the rate of a shard; null where it is always the whole one.</param>
/// <param name="NewMeter">Returns what telemetry keeps of a shard; null for nothing.</param>
internal sealed record EngineFeatures(
    Func<ShardEngine, EngineServices, Succession>? NewSuccession = null, Func<ShardEngine, ShardWatch>? NewWatch = null, NewGroup? NewGroup = null,
    Func<RateShare>? NewRate = null, Func<string, object>? NewMeter = null);
