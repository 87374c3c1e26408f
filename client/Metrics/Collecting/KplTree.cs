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
    private readonly SeriesTable _table = new();

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
        .. _table.All
            .OrderBy(static s => s.Dimensions.Count)
            .ThenBy(static s => s.Name, StringComparer.Ordinal)
            .ThenBy(static s => string.Join('\n', s.Dimensions.Select(static d => d.Value)), StringComparer.Ordinal)
            .Select(static s => s with { Buckets = null }),
    ];

    /// <summary>Adds values to a series and to all that it is part of.</summary>
    private void Put(MetricDefinition metric, TagSet tags, in ValueStatistics values)
    {
        KeyValuePair<string, string>[] dimensions =
            [.. tags.As(granularity).OrderBy(static t => t.Key switch { "StreamName" => 1, "ShardId" => 2, _ => 0 })];
        for (var length = 0; length <= dimensions.Length; length++)
            _table.Of(metric, dimensions[..length]).Add(values);
    }
}

/// <summary>How fine the values of each stream are told.</summary>
/// <param name="shardsOf">The number of open shards of each stream, where it is known.</param>
internal sealed class StreamGranularity(MetricsGranularity granularity, IReadOnlyDictionary<string, long> shardsOf)
{
    /// <summary>
    /// The most open shards that <see cref="MetricsGranularity.Auto"/> tells apart: Prometheus keeps a series of each metric for each, and CloudWatch
    /// charges for each.
    /// </summary>
    public const int MaxShards = 500;

    /// <summary>Returns the granularity of a stream, never <see cref="MetricsGranularity.Auto"/>.</summary>
    public MetricsGranularity Of(string? stream) =>
        granularity != MetricsGranularity.Auto ? granularity
        : stream is not null && shardsOf.GetValueOrDefault(stream) > MaxShards ? MetricsGranularity.Stream
        : MetricsGranularity.Shard;
}
