using System.Text.RegularExpressions;
using Orleans.Kpl.Pipeline.Telemetry;

namespace Orleans.Kpl.Pipeline.Tests.Telemetry.Monitoring;

/// <summary>What metrics and labels are called at one place.</summary>
/// <param name="Of">The name of a metric, without the suffixes of histograms.</param>
/// <param name="Labels">The label of each tag.</param>
/// <param name="Seconds">How many of the unit of times are a second.</param>
internal sealed partial record MetricNames(Func<MetricDefinition, string> Of, IReadOnlyDictionary<string, string> Labels, int Seconds)
{
    private static readonly string[] Tags = ["StreamName", "ShardId", "ErrorCode", "Result", "Sink"];

    private static readonly string[] Ours = ["stream", "shard", "code", "result", "sink"];

    /// <summary>Those of <c>GET /metrics</c>.</summary>
    public static MetricNames Prometheus { get; } = new(static m => m.PrometheusName, Pairs(Ours), 1);

    /// <summary>Those that Prometheus gives to what comes by OTLP: the instruments' own, with unit and <c>_total</c>.</summary>
    public static MetricNames Otlp { get; } = new(OtlpName, Pairs(Tags), 1_000);

    /// <summary>All series that there can be.</summary>
    public IReadOnlySet<string> Series => KplMetrics.All.SelectMany(m => m.Kind == MetricKind.Histogram
        ? (string[])[Of(m) + "_bucket", Of(m) + "_sum", Of(m) + "_count"] : [Of(m)]).ToHashSet();

    /// <summary>Fills in a query: <c>[UserRecordsPut]</c> is a metric, <c>&lt;StreamName&gt;</c> a label.</summary>
    public string Fill(string query)
    {
        var named = Metric().Replace(query, m => Of(KplMetrics.All.Single(k => k.Name == m.Groups[1].Value)));
        return Label().Replace(named, m => Labels[m.Groups[1].Value]);
    }

    private static string OtlpName(MetricDefinition metric)
    {
        var unit = metric.Unit switch
        {
            "ms" => "_milliseconds",
            "s" => "_seconds",
            "By" => "_bytes",
            "1" => "_ratio",
            _ => "",
        };
        return metric.Name + unit + (metric.Kind is MetricKind.Counter or MetricKind.ObservableCounter ? "_total" : "");
    }

    private static Dictionary<string, string> Pairs(string[] labels) => Tags.Zip(labels).ToDictionary(static p => p.First, static p => p.Second);

    [GeneratedRegex(@"\[([A-Z]\w+)\]")]
    private static partial Regex Metric();

    [GeneratedRegex("<([A-Z][A-Za-z]+)>")]
    private static partial Regex Label();
}
