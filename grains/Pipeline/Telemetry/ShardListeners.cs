using System.Diagnostics.Metrics;

namespace Orleans.Kpl.Pipeline.Telemetry;

/// <summary>Those who count what happens to the shards of all producers of the process.</summary>
internal static class ShardListeners
{
    private static readonly Lock Gate = new();
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
        lock (Gate)
            _all = [.. _all, listener];
    }

    /// <summary>Removes a listener.</summary>
    public static void Remove(IShardListener listener)
    {
        lock (Gate)
            _all = [.. _all.Where(l => !ReferenceEquals(l, listener))];
    }

    /// <summary>Tells every listener that a producer is about to end.</summary>
    public static void TellEnding(Meter meter)
    {
        foreach (var listener in _all)
            listener.Ending(meter);
    }
}
