using System.Text.Json;
using Orleans.Kpl.Metrics.Prometheus;
using Orleans.Kpl.Pipeline.Telemetry;

namespace Orleans.Kpl.Metrics.Datadog;

/// <summary>Writes one series as Datadog's API takes it.</summary>
/// <param name="options">The settings: prefix, interval, and the tags that each gets behind its own.</param>
/// <param name="host">The host that tells series of several processes apart.</param>
internal sealed class DatadogSeriesWriter(MetricsOptions options, string host)
{
    private const int Count = 1;
    private const int Gauge = 3;

    private static readonly Dictionary<string, MetricDefinition> Known = KplMetrics.All.ToDictionary(static m => m.Name, StringComparer.Ordinal);

    private readonly long _interval = Math.Max(1, (long)Math.Round(options.UploadDelay.TotalSeconds));

    /// <summary>Whether the values of a series go to <c>v1/distribution_points</c>.</summary>
    public static bool IsDistribution(MetricSeries metric) => Known[metric.Name].Kind == MetricKind.Histogram;

    /// <summary>Returns the name at Datadog, such as <c>kpl.user_records_put</c>.</summary>
    public static string NameOf(string prefix, string name) => $"{prefix}.{JsonNamingPolicy.SnakeCaseLower.ConvertName(name)}";

    /// <summary>Writes a series.</summary>
    /// <param name="time">The time of its value, in seconds since 1970.</param>
    public void Write(Utf8JsonWriter json, MetricSeries metric, long time)
    {
        var definition = Known[DistributionParts.MetricOf(metric.Name)];
        var areValues = DistributionParts.IsValues(metric.Name);
        json.WriteStartObject();
        json.WriteString("metric", NameOf(options.DatadogPrefix, areValues ? definition.Name : metric.Name));
        if (areValues)
            WriteDistribution(json, metric, definition, time);
        else
            WriteNumber(json, metric, definition, time);
        json.WriteStartArray("tags");
        foreach (var (name, value) in metric.Dimensions)
            json.WriteStringValue($"{PrometheusNames.LabelOf(name)}:{value}");
        foreach (var (name, value) in options.DimensionsBehind(metric.Dimensions))
            json.WriteStringValue($"{name}:{value}");
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private void WriteNumber(Utf8JsonWriter json, MetricSeries metric, MetricDefinition definition, long time)
    {
        var isGauge = definition.Kind == MetricKind.Gauge;
        json.WriteNumber("type", isGauge ? Gauge : Count);
        if (!isGauge)
            json.WriteNumber("interval", _interval);
        if (DistributionParts.HasUnit(metric.Name) && UnitOf(definition.Unit) is { } unit)
            json.WriteString("unit", unit);
        json.WriteStartArray("points");
        json.WriteStartObject();
        json.WriteNumber("timestamp", time);
        json.WriteNumber("value", Finite(isGauge ? metric.Mean : metric.Sum));
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteStartArray("resources");
        json.WriteStartObject();
        json.WriteString("type", "host");
        json.WriteString("name", host);
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private void WriteDistribution(Utf8JsonWriter json, MetricSeries metric, MetricDefinition definition, long time)
    {
        json.WriteString("type", "distribution");
        json.WriteString("host", host);
        json.WriteStartArray("points");
        json.WriteStartArray();
        json.WriteNumberValue(time);
        json.WriteStartArray();
        foreach (var value in DistributionValues.Of(metric, Collecting.BucketBounds.For(definition.Unit)))
            json.WriteNumberValue(Finite(value));
        json.WriteEndArray();
        json.WriteEndArray();
        json.WriteEndArray();
    }

    /// <summary>JSON has neither infinities nor what is no number.</summary>
    private static double Finite(double value) => double.IsFinite(value) ? value : 0;

    private static string? UnitOf(string unit) => unit switch
    {
        "By" => "byte",
        "ms" => "millisecond",
        "s" => "second",
        "{record}" => "record",
        "{error}" => "error",
        "{USD}" => "dollar",
        "1" => "fraction",
        _ => null,
    };
}
