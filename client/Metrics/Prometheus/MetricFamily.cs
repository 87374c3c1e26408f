using Orleans.Kpl.Metrics.Collecting;
using Orleans.Kpl.Pipeline.Telemetry;

namespace Orleans.Kpl.Metrics.Prometheus;

/// <summary>One series of a page.</summary>
/// <param name="Labels">Names and values, in their order.</param>
/// <param name="Values">What a counter or a histogram has.</param>
/// <param name="State">What a gauge has.</param>
internal sealed record PageSample(IReadOnlyList<KeyValuePair<string, string>> Labels, ValueStatistics Values, double State);

/// <summary>All series of one name.</summary>
/// <param name="Bounds">The bounds of the buckets, in the page's unit; null for other kinds than histograms.</param>
internal sealed record MetricFamily(string Name, MetricKind Kind, string Meaning, double[]? Bounds, IReadOnlyList<PageSample> Samples)
{
    /// <summary>Joins the series of metrics of one name, as fine as they are told.</summary>
    public static MetricFamily Of(string name, IReadOnlyList<CollectedMetric> metrics, StreamGranularity granularity, bool hasRoles)
    {
        var first = metrics[0];
        // Times of this library are in milliseconds, and Prometheus' are in seconds.
        var scale = first.Definition is { Unit: "ms" } ? 1e-3 : 1;
        var samples = new Dictionary<string, PageSample>(StringComparer.Ordinal);
        foreach (var metric in metrics)
        {
            foreach (var series in metric.All.Where(s => metric.Kind != MetricKind.Gauge || s.Last is not null))
                Join(samples, metric, series, granularity, hasRoles ? metric.Role : null);
        }

        return new MetricFamily(
            name, first.Kind, first.Meaning ?? "", first.Bounds?.Select(b => scale == 1 ? b : b / 1_000).ToArray(),
            [.. samples.OrderBy(static s => s.Key, StringComparer.Ordinal).Select(s => Scale(s.Value, scale))]);
    }

    private static void Join(
        Dictionary<string, PageSample> samples, CollectedMetric metric, CollectedSeries series, StreamGranularity granularities, string? role)
    {
        var labels = LabelsOf(metric, series.Tags, granularities);
        if (role is not null)
            labels.Insert(0, new("role", role));
        var key = string.Concat(labels.Select(static l => $"{l.Key}\0{l.Value}\0"));
        var areShardsTold = metric.Definition is null || granularities.Of(series.Tags.Find("StreamName")) == MetricsGranularity.Shard;
        var (values, state) = (areShardsTold ? series.Own : series.Total, series.Last ?? 0);
        if (samples.TryGetValue(key, out var others))
        {
            values.Add(others.Values);
            state = metric.IsLargest ? Math.Max(state, others.State) : state + others.State;
        }

        samples[key] = new PageSample(labels, values, state);
    }

    private static List<KeyValuePair<string, string>> LabelsOf(CollectedMetric metric, TagSet tags, StreamGranularity granularities)
    {
        var told = metric.Definition is null ? tags.All : tags.As(granularities);
        var labels = told.Select(static t => KeyValuePair.Create(PrometheusNames.LabelOf(t.Key), t.Value));
        // Others' tags come in any order, two of them may have one name here, and a label without a value is no label.
        return metric.Definition is not null ? [.. labels]
            : [.. labels.Where(static l => l.Value.Length > 0).DistinctBy(static l => l.Key).OrderBy(static l => l.Key, StringComparer.Ordinal)];
    }

    private static PageSample Scale(PageSample sample, double scale)
    {
        if (scale == 1)
            return sample;
        var values = sample.Values;
        values.Sum *= scale;
        return sample with { Values = values };
    }
}
