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
    /// <param name="shardId">The shard; null for the stream as a whole.</param>
    IShardCounts? CountsOf(Meter meter, string stream, string? shardId);

    /// <summary>A producer is about to end, and its meter with it: the last chance to read its gauges and totals. Never throws.</summary>
    void Ending(Meter meter);
}

/// <summary>The counts of a listener for one shard.</summary>
internal interface IShardCounts
{
    /// <summary>Counts an event. Called on the threads of the pipeline: an implementation returns at once and never throws.</summary>
    /// <returns>False where nothing is counted here any more, and the listener must be asked for another place.</returns>
    bool TryAdd(in ShardEvent happened);
}

/// <summary>The listeners that count the events of the shards of all producers of the process.</summary>
internal static class ShardListeners
{
    private static readonly Lock Lock = new();
    private static volatile IShardListener[] _all = [];

    /// <summary>The metrics whose values they get as events.</summary>
    public static IReadOnlyList<MetricDefinition> Metrics { get; } =
    [
        KplMetrics.UserRecordsPut, KplMetrics.UserRecordsDataPut, KplMetrics.KinesisRecordsPut, KplMetrics.KinesisRecordsDataPut,
        KplMetrics.UserRecordsPerKinesisRecord, KplMetrics.RetriesPerRecord, KplMetrics.BufferingTime,
    ];

    /// <summary>All of them: another array after each change.</summary>
    public static IShardListener[] All => _all;

    /// <summary>Whether there are any.</summary>
    public static bool HasAny => _all.Length > 0;

    /// <summary>Adds a listener.</summary>
    public static void Add(IShardListener listener)
    {
        lock (Lock)
            _all = [.. _all, listener];
    }

    /// <summary>Removes a listener.</summary>
    public static void Remove(IShardListener listener)
    {
        lock (Lock)
            _all = [.. _all.Where(l => !ReferenceEquals(l, listener))];
    }

    /// <summary>Tells every listener that a producer is about to end.</summary>
    public static void TellEnding(Meter meter)
    {
        foreach (var listener in _all)
            listener.Ending(meter);
    }
}

/// <summary>An event of one shard's records. A field that is not set did not happen.</summary>
internal readonly ref struct ShardEvent
{
    /// <summary>The user records of a Kinesis record of a call that ended.</summary>
    public int UserRecords { get; init; }

    /// <summary>Whether Kinesis took a Kinesis record.</summary>
    public bool IsTaken { get; init; }

    /// <summary>The bytes of the Kinesis record that was taken.</summary>
    public int TakenBytes { get; init; }

    /// <summary>User records that were delivered.</summary>
    public int Put { get; init; }

    /// <summary>Their data in bytes; 0 where that is not known.</summary>
    public long PutBytes { get; init; }

    /// <summary>The fewest and the most data bytes of one of them.</summary>
    public (double Smallest, double Largest) PutSizes { get; init; }

    /// <summary>User records that ended after attempts.</summary>
    public int Tried { get; init; }

    /// <summary>How many attempts beyond the first each of them had.</summary>
    public int Retries { get; init; }

    /// <summary>How long user records waited for an attempt, in milliseconds, never below 0.</summary>
    public ReadOnlySpan<WeightedValue> Waits { get; init; }
}

/// <summary>A value of some user records.</summary>
/// <param name="Count">How many user records have it.</param>
internal readonly record struct WeightedValue(double Value, int Count);
