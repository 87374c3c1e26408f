using System.Buffers;
using Orleans.Kpl.Metrics.Collecting;
using Orleans.Kpl.Pipeline.Telemetry;

namespace Orleans.Kpl.Metrics.Prometheus;

/// <summary>
/// The page that Prometheus reads: text format 0.0.4, or OpenMetrics 1.0.0 where it is asked for. A metric has its finest tags only, so that a sum over
/// its series is right.
/// </summary>
internal sealed class PrometheusPage(MetricsCollector collector) : IMetricsPage
{
    /// <summary>The content type of text format 0.0.4.</summary>
    public const string Text = "text/plain; version=0.0.4; charset=utf-8";
    private const string OpenMetrics = "application/openmetrics-text; version=1.0.0; charset=utf-8";

    public string Write(IBufferWriter<byte> output, string? accept)
    {
        var isOpen = accept?.Contains("application/openmetrics-text", StringComparison.OrdinalIgnoreCase) == true;
        var families = collector.Read(static (metrics, granularity) => Families(metrics, granularity));
        var writer = new PageWriter(output, isOpen);
        foreach (var family in families)
            writer.Write(family);
        writer.End();
        return isOpen ? OpenMetrics : Text;
    }

    private static List<MetricFamily> Families(IReadOnlyList<CollectedMetric> metrics, StreamGranularity granularity)
    {
        // Where a process has producers in two roles, a label tells them apart: each record counts once in each.
        var roles = metrics.Select(static m => m.Role).OfType<string>().Distinct().Count();
        return
        [
            .. metrics.GroupBy(static m => PrometheusNames.Of(m))
                .OrderBy(static g => g.Key, StringComparer.Ordinal)
                .Select(g => MetricFamily.Of(g.Key, [.. g], granularity, roles > 1))
                .Where(static f => f.Samples.Count > 0),
        ];
    }
}

/// <summary>Names in Prometheus' form.</summary>
internal static class PrometheusNames
{
    /// <summary>Returns the name of a metric: that of the table, or for another meter its own with the unit and <c>_total</c>.</summary>
    public static string Of(CollectedMetric metric)
    {
        if (metric.Definition is { } definition)
            return definition.PrometheusName;
        var name = Clean(metric.Name);
        if (Suffix(metric.Unit) is { } suffix && !name.EndsWith(suffix, StringComparison.Ordinal))
            name += suffix;
        return metric.Kind is MetricKind.Counter or MetricKind.ObservableCounter && !name.EndsWith("_total", StringComparison.Ordinal) ? name + "_total" : name;
    }

    public static string LabelOf(string tag) => tag switch
    {
        "StreamName" => "stream",
        "ShardId" => "shard",
        "ErrorCode" => "code",
        "Result" => "result",
        "Sink" => "sink",
        // Buckets have a label of that name. Prometheus renames a label that clashes with its own in the same way.
        "le" => "exported_le",
        _ => Clean(tag).Replace(':', '_'),
    };

    private static string? Suffix(string? unit) => unit switch
    {
        "s" => "_seconds",
        "ms" => "_milliseconds",
        "By" => "_bytes",
        "1" => "_ratio",
        _ => null,
    };

    private static string Clean(string name)
    {
        var text = string.Concat(name.Select(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or ':' ? c : '_'));
        return text.Length == 0 || char.IsAsciiDigit(text[0]) ? $"_{text}" : text;
    }
}
