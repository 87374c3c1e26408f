using System.Diagnostics.Metrics;

namespace Orleans.Kpl.Pipeline.Telemetry;

/// <summary>
/// Counts what happens to shards, event by event. A <see cref="MeterListener"/> gets a measurement for each instrument, with tags by which it has to
/// find the values of the shard each time, and a distribution of user records once for each record. With a thousand shards the search costs more than
/// the counting.
/// </summary>
internal interface IShardListener
{
    /// <summary>Returns where it counts for a shard; null where it does not listen to the meter. The caller keeps what it gets.</summary>
    /// <param name="meter">The meter of the producer.</param>
    /// <param name="shardId">The shard; null for the stream as a whole.</param>
    IShardCounts? CountsOf(Meter meter, string stream, string? shardId);

    /// <summary>A producer is about to end, and its meter with it: the last chance to read its gauges and totals. Never throws.</summary>
    void Ending(Meter meter);
}

/// <summary>Where a listener counts what happens to one shard.</summary>
internal interface IShardCounts
{
    /// <summary>Counts an event. Called on the threads of the pipeline: an implementation returns at once and never throws.</summary>
    /// <returns>False where nothing is counted here any more, and the listener must be asked for another place.</returns>
    bool TryAdd(in ShardEvent happened);
}
