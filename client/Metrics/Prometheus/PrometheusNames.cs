using System.Text;
using Orleans.Kpl.Metrics.Collecting;
using Orleans.Kpl.Pipeline.Telemetry;

namespace Orleans.Kpl.Metrics.Prometheus;

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

    /// <summary>Returns the name of a label.</summary>
    public static string LabelOf(string tag) => tag switch
    {
        "StreamName" => "stream",
        "ShardId" => "shard",
        "ErrorCode" => "code",
        "Result" => "result",
        "Sink" => "sink",
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
        var text = new StringBuilder(name.Length);
        foreach (var c in name)
            text.Append(char.IsAsciiLetterOrDigit(c) || c is '_' or ':' ? c : '_');
        if (text.Length == 0 || char.IsAsciiDigit(text[0]))
            text.Insert(0, '_');
        return text.ToString();
    }
}
