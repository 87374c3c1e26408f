using System.Runtime.InteropServices;
using Orleans.Kpl.Pipeline.Telemetry;

namespace Orleans.Kpl.Metrics.Collecting;

/// <summary>
/// Each value once, with the finest dimensions that the granularity has: whoever adds up series gets the sum. A gauge has its last value. The dimension
/// <c>role</c> tells apart producers of two roles, for each of which a record counts once.
/// </summary>
internal static class FinestSeries
{
    /// <summary>Makes the values of what was collected.</summary>
    /// <param name="collected">Each series of the meter of this library, with what to take of it.</param>
    /// <param name="granularity">Tells how fine the values of each stream are.</param>
    public static IReadOnlyList<MetricSeries> Of(
        IEnumerable<(CollectedMetric Metric, CollectedSeries Series, ValueStatistics Values)> collected, StreamGranularity granularity)
    {
        var table = new SeriesTable();
        foreach (var (metric, series, values) in collected)
        {
            if (metric.Definition is not { } definition)
                continue;
            if (metric.Kind == MetricKind.Gauge)
            {
                if (series.Last is { } last)
                    AddState(ref table.Of(definition, Dimensions(metric, series.Tags), isState: true), last, metric.IsLargest);
            }
            else if (values.Count > 0)
                table.Of(definition, Dimensions(metric, series.Tags)).Add(values);
        }

        return [.. table.All];

        KeyValuePair<string, string>[] Dimensions(CollectedMetric metric, TagSet tags) =>
            [.. metric.Role is { } role ? [KeyValuePair.Create("role", role)] : (KeyValuePair<string, string>[])[], .. tags.As(granularity)];
    }

    private static void AddState(ref ValueStatistics others, double value, bool isLargest) =>
        others = ValueStatistics.Of(others.Count == 0 ? value : isLargest ? Math.Max(value, others.Sum) : value + others.Sum);
}

/// <summary>Values by the name of their metric and their dimensions.</summary>
internal sealed class SeriesTable
{
    private readonly Dictionary<
        string, (MetricDefinition Metric, IReadOnlyList<KeyValuePair<string, string>> Dimensions, ValueStatistics Values, bool IsState)> _all = [];

    public IEnumerable<MetricSeries> All => _all.Values.Select(static s => new MetricSeries
    {
        Name = s.Metric.Name, Unit = s.Metric.CloudWatchUnit, Dimensions = s.Dimensions, IsState = s.IsState,
        Sum = s.Values.Sum, Count = s.Values.Count, Minimum = s.Values.Minimum, Maximum = s.Values.Maximum, Buckets = s.Values.Buckets,
    });

    /// <summary>Returns the values of a series, none at first.</summary>
    /// <param name="isState">Whether they are what a gauge told last.</param>
    public ref ValueStatistics Of(MetricDefinition metric, IReadOnlyList<KeyValuePair<string, string>> dimensions, bool isState = false)
    {
        ref var series = ref CollectionsMarshal.GetValueRefOrAddDefault(_all, MetricSeries.KeyOf(metric.Name, dimensions), out _);
        (series.Metric, series.Dimensions, series.IsState) = (metric, dimensions, isState);
        return ref series.Values;
    }
}

/// <summary>A sink of a place that adds series up: it gets each value once, with its finest dimensions (<see cref="Collecting.FinestSeries"/>).</summary>
internal interface IFinestSink : IMetricsSink;
