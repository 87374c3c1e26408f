using Orleans.Kpl.Pipeline.Telemetry;

namespace Orleans.Kpl.Metrics.Collecting;

/// <summary>
/// Metrics as KPL gives them: for each a value for the process, each stream and each shard, as far as the granularity goes
/// (KPL <c>metrics/metrics_manager.cc</c>), with KPL's zeros (<c>retrier.cc</c>). A failed record is a value 0 of <c>UserRecordsPut</c>, a refused
/// Kinesis record one of <c>KinesisRecordsPut</c>, and one that was taken is a value 0 of <c>AllErrors</c>.
/// </summary>
/// <param name="granularity">Tells how fine the values of each stream are.</param>
internal sealed class KplTree(StreamGranularity granularity)
{
    private readonly Dictionary<SeriesKey, (MetricSeries Node, ValueStatistics Values)> _nodes = [];

    /// <summary>Makes the values of what was collected.</summary>
    /// <param name="collected">Each series of the meter of this library, with what to take of it.</param>
    /// <param name="granularity">Tells how fine the values of each stream are.</param>
    public static IReadOnlyList<MetricSeries> Of(
        IEnumerable<(CollectedMetric Metric, CollectedSeries Series, ValueStatistics Values)> collected, StreamGranularity granularity)
    {
        var tree = new KplTree(granularity);
        foreach (var (metric, series, values) in collected)
        {
            if (metric.Definition is { } definition && values.Count > 0)
                tree.Add(definition, series, values);
        }

        return tree.Finish();
    }

    private void Add(MetricDefinition metric, CollectedSeries series, in ValueStatistics values)
    {
        if (metric.Kind is not MetricKind.Counter || metric.Unit == "By")
        {
            Put(metric, series.Tags, values);
            return;
        }

        // KPL counts one by one: a counter's values are all 1.
        var (units, shard) = ((long)values.Sum, series.Tags.Find("ShardId"));
        Put(metric, series.Tags, ValueStatistics.Of(1, units));
        if (metric == KplMetrics.UserRecordsFailed || metric == KplMetrics.UserRecordsUnknown)
            Put(KplMetrics.UserRecordsPut, series.Tags, ValueStatistics.Of(0, units));
        else if (metric == KplMetrics.KinesisRecordsPut)
            Put(KplMetrics.AllErrors, series.Tags, ValueStatistics.Of(0, units));
        else if (metric == KplMetrics.AllErrors && shard is not null)
            Put(KplMetrics.KinesisRecordsPut, series.Tags, ValueStatistics.Of(0, units));
    }

    private List<MetricSeries> Finish() =>
    [
        .. _nodes.Values
            .OrderBy(static n => n.Node.Dimensions.Count)
            .ThenBy(static n => n.Node.Name, StringComparer.Ordinal)
            .ThenBy(static n => string.Join('\n', n.Node.Dimensions.Select(static d => d.Value)), StringComparer.Ordinal)
            .Select(static n => n.Node with
            {
                Sum = n.Values.Sum, Count = n.Values.Count, Minimum = n.Values.Minimum, Maximum = n.Values.Maximum,
            }),
    ];

    /// <summary>Adds values to a series and to all that it is part of.</summary>
    private void Put(MetricDefinition metric, TagSet tags, in ValueStatistics values)
    {
        var dimensions = Dimensions(tags, granularity.Of(tags.Find("StreamName")));
        for (var length = 0; length <= dimensions.Count; length++)
        {
            var key = new SeriesKey(metric.Name, dimensions.Take(length));
            ref var node = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(_nodes, key, out var isThere);
            if (!isThere)
            {
                node.Node = new MetricSeries
                {
                    Name = metric.Name, Unit = metric.CloudWatchUnit, Dimensions = key.Dimensions, Sum = 0, Count = 0, Minimum = 0, Maximum = 0,
                };
            }

            node.Values.Add(values);
        }
    }

    private static List<KeyValuePair<string, string>> Dimensions(TagSet tags, MetricsGranularity granularity) =>
    [
        .. tags.All.Where(static t => t.Key is not ("StreamName" or "ShardId")),
        .. tags.All.Where(t => t.Key == "StreamName" && granularity != MetricsGranularity.Global),
        .. tags.All.Where(t => t.Key == "ShardId" && granularity == MetricsGranularity.Shard),
    ];
}

/// <summary>How fine the values of each stream are told.</summary>
/// <param name="shardsOf">The number of open shards of each stream, where it is known.</param>
internal sealed class StreamGranularity(MetricsGranularity granularity, IReadOnlyDictionary<string, long> shardsOf)
{
    /// <summary>
    /// The most open shards that <see cref="MetricsGranularity.Auto"/> tells apart: OpenTelemetry keeps 2,000 sets of tags for each metric, and
    /// CloudWatch charges for each.
    /// </summary>
    public const int MaxShards = 500;

    /// <summary>Returns the granularity of a stream, never <see cref="MetricsGranularity.Auto"/>.</summary>
    public MetricsGranularity Of(string? stream) =>
        granularity != MetricsGranularity.Auto ? granularity
        : stream is not null && shardsOf.GetValueOrDefault(stream) > MaxShards ? MetricsGranularity.Stream
        : MetricsGranularity.Shard;
}
