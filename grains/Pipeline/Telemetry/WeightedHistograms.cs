using System.Diagnostics.Metrics;

namespace Orleans.Kpl.Pipeline.Telemetry;

/// <summary>Records a value once, with the number of user records that have it.</summary>
internal interface IWeightedListener
{
    /// <summary>So many user records have this value. Called on the threads of the pipeline: an implementation returns at once and never throws.</summary>
    void Record(Instrument histogram, double value, string stream, string? shardId, int count);
}

/// <summary>
/// The histograms whose values are of user records. A <see cref="System.Diagnostics.Metrics.MeterListener"/> gets each value once for each record. A
/// listener of this class gets it once for all records of an aggregate that came together.
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

    /// <summary>Gives a value to every listener.</summary>
    public static void Record(Instrument histogram, double value, string stream, string? shardId, int count)
    {
        foreach (var listener in _listeners)
            listener.Record(histogram, value, stream, shardId, count);
    }
}
