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
        var nodes = new Dictionary<SeriesKey, (MetricDefinition Metric, ValueStatistics Values)>();
        foreach (var (metric, series, values) in collected)
        {
            if (metric.Definition is not { } definition)
                continue;
            if (metric.Kind == MetricKind.Gauge)
            {
                if (series.Last is { } last)
                    AddState(ref Node(definition, metric, series), last, metric.IsLargest);
            }
            else if (values.Count > 0)
            {
                ref var node = ref Node(definition, metric, series);
                node.Values.Add(values);
            }
        }

        return [.. nodes.Select(static n => ToSeries(n.Key, n.Value.Metric, n.Value.Values))];

        ref (MetricDefinition Metric, ValueStatistics Values) Node(MetricDefinition definition, CollectedMetric metric, CollectedSeries series)
        {
            var key = new SeriesKey(definition.Name, Dimensions(metric, series.Tags, granularity.Of(series.Tags.Find("StreamName"))));
            ref var node = ref CollectionsMarshal.GetValueRefOrAddDefault(nodes, key, out _);
            node.Metric = definition;
            return ref node;
        }
    }

    private static void AddState(ref (MetricDefinition Metric, ValueStatistics Values) node, double value, bool isLargest)
    {
        var others = node.Values;
        node.Values = ValueStatistics.Of(others.Count == 0 ? value : isLargest ? Math.Max(value, others.Sum) : value + others.Sum);
    }

    private static MetricSeries ToSeries(SeriesKey key, MetricDefinition metric, in ValueStatistics values) => new()
    {
        Name = metric.Name, Unit = metric.CloudWatchUnit, Dimensions = key.Dimensions,
        Sum = values.Sum, Count = values.Count, Minimum = values.Minimum, Maximum = values.Maximum, Buckets = values.Buckets,
    };

    private static IEnumerable<KeyValuePair<string, string>> Dimensions(CollectedMetric metric, TagSet tags, MetricsGranularity granularity) =>
    [
        .. metric.Role is { } role ? [KeyValuePair.Create("role", role)] : (KeyValuePair<string, string>[])[],
        .. tags.All
            .Where(t => t.Key != "StreamName" || granularity != MetricsGranularity.Global)
            .Where(t => t.Key != "ShardId" || granularity == MetricsGranularity.Shard),
    ];
}

/// <summary>The key that tells one value from others: the metric's name and its dimensions.</summary>
internal sealed class SeriesKey : IEquatable<SeriesKey>
{
    private readonly string _text;

    public SeriesKey(string name, IEnumerable<KeyValuePair<string, string>> dimensions)
    {
        Dimensions = [.. dimensions];
        _text = $"{name}\n{string.Join('\n', Dimensions.Select(static d => $"{d.Key}={d.Value}"))}";
    }

    public SeriesKey(MetricSeries series)
        : this(series.Name, series.Dimensions)
    {
    }

    /// <summary>The dimensions.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Dimensions { get; }

    public bool Equals(SeriesKey? other) => other is not null && other._text == _text;

    public override bool Equals(object? obj) => Equals(obj as SeriesKey);

    public override int GetHashCode() => _text.GetHashCode(StringComparison.Ordinal);
}

/// <summary>A sink of a place that adds series up: it gets each value once, with its finest dimensions (<see cref="Collecting.FinestSeries"/>).</summary>
internal interface IFinestSink : IMetricsSink;
