using System.Diagnostics.Metrics;

namespace Orleans.Kpl.Pipeline.Telemetry;

/// <summary>Records a value once, with the number of user records that have it.</summary>
internal interface IWeightedListener
{
    /// <summary>User records have these values. Called on the threads of the pipeline: an implementation returns at once and never throws.</summary>
    void Record(Instrument histogram, string stream, string? shardId, ReadOnlySpan<WeightedValue> values);

    /// <summary>A producer is about to end, and its meter with it: the last chance to read its gauges and totals. Never throws.</summary>
    void Ending(Meter meter);
}

/// <summary>A value of some user records.</summary>
/// <param name="Value">The value.</param>
/// <param name="Count">How many user records have it.</param>
internal readonly record struct WeightedValue(double Value, int Count);

/// <summary>
/// The histograms whose values are of user records. A <see cref="System.Diagnostics.Metrics.MeterListener"/> gets each value once for each record. A
/// listener of this class gets the values of all records of an aggregate at once.
/// </summary>
internal static class WeightedHistograms
{
    private static readonly Lock Gate = new();
    private static volatile IWeightedListener[] _listeners = [];

    /// <summary>The names of these histograms.</summary>
    public static IReadOnlyList<string> Names { get; } = [KplMetrics.RetriesPerRecord.Name, KplMetrics.BufferingTime.Name];

    /// <summary>Whether there are listeners.</summary>
    public static bool HasListeners => _listeners.Length > 0;

    /// <summary>Adds a listener, which gets the values of all producers of the process.</summary>
    public static void Add(IWeightedListener listener)
    {
        lock (Gate)
            _listeners = [.. _listeners, listener];
    }

    /// <summary>Removes a listener.</summary>
    public static void Remove(IWeightedListener listener)
    {
        lock (Gate)
            _listeners = [.. _listeners.Where(l => !ReferenceEquals(l, listener))];
    }

    /// <summary>Gives values to every listener.</summary>
    public static void Record(Instrument histogram, string stream, string? shardId, ReadOnlySpan<WeightedValue> values)
    {
        foreach (var listener in _listeners)
            listener.Record(histogram, stream, shardId, values);
    }

    /// <summary>Tells every listener that a producer is about to end.</summary>
    public static void TellEnding(Meter meter)
    {
        foreach (var listener in _listeners)
            listener.Ending(meter);
    }
}
