using Orleans.Kpl.Pipeline.Road.Limiting;
using Orleans.Kpl.Pipeline.Road.Promising;

namespace Orleans.Kpl.Pipeline.Road.Aggregating;

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
    public abstract void SucceededBy(Routes former, Routes next);

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
internal sealed record EngineFeatures
{
    /// <summary>Creates what follows an engine; null where what it holds is routed again.</summary>
    public Func<ShardEngine, EngineServices, Succession>? NewSuccession { get; init; }

    /// <summary>Creates what watches an engine; null where nothing does.</summary>
    public Func<ShardEngine, ShardWatch>? NewWatch { get; init; }

    /// <summary>Groups the open aggregates of a shard; null where there is one only.</summary>
    public NewGroup? NewGroup { get; init; }

    /// <summary>Creates what lowers the rate of a shard; null where it is always the whole one.</summary>
    public Func<RateShare>? NewRate { get; init; }

    /// <summary>Returns what telemetry keeps of a shard; null for nothing.</summary>
    public Func<string, object>? NewMeter { get; init; }
}
