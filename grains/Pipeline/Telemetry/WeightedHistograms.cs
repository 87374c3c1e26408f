using System.Diagnostics.Metrics;

namespace Orleans.Kpl.Pipeline.Telemetry;

/// <summary>Hears a value once, with the number of user records that have it.</summary>
internal interface IWeightedListener
{
    /// <summary>So many user records have this value. Called on the threads of the pipeline: an implementation returns at once and never throws.</summary>
    void Record(Instrument histogram, double value, string stream, string? shardId, int count);
}

/// <summary>
/// The histograms whose values are of user records. A listener of the meter hears each value once for each record; who listens here hears it once
/// for all records of an aggregate that came together. That is why a collector costs next to nothing a record.
/// </summary>
internal static class WeightedHistograms
{
    private static readonly Lock Gate = new();
    private static volatile IWeightedListener[] _listeners = [];

    /// <summary>The names of these histograms.</summary>
    public static IReadOnlyList<string> Names { get; } = [KplMetrics.RetriesPerRecord.Name, KplMetrics.BufferingTime.Name];

    /// <summary>Whether anybody listens here.</summary>
    public static bool IsHeard => _listeners.Length > 0;

    /// <summary>Lets a listener hear all producers of the process from now on.</summary>
    public static void Add(IWeightedListener listener)
    {
        lock (Gate)
            _listeners = [.. _listeners, listener];
    }

    /// <summary>Ends that.</summary>
    public static void Remove(IWeightedListener listener)
    {
        lock (Gate)
            _listeners = [.. _listeners.Where(l => !ReferenceEquals(l, listener))];
    }

    /// <summary>Tells everybody who listens here.</summary>
    public static void Tell(Instrument histogram, double value, string stream, string? shardId, int count)
    {
        foreach (var listener in _listeners)
            listener.Record(histogram, value, stream, shardId, count);
    }
}
