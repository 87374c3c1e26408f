using Orleans.Kpl.Pipeline.Telemetry;

namespace Orleans.Kpl.Pipeline.Tests.Telemetry;

/// <summary>docs/metrics.md ends with the tables that <see cref="KplMetrics"/> gives.</summary>
public sealed class MetricsPageTests
{
    /// <summary>When this fails, run it with KPL_ACCEPT_DOCS=1: it replaces the tables.</summary>
    [Fact]
    public void Page_EndsWithTheTables()
    {
        var path = Path.Combine(Checkout.Root, "docs", "metrics.md");
        var page = File.ReadAllText(path).ReplaceLineEndings("\n");
        var tables = Tables();
        if (Environment.GetEnvironmentVariable("KPL_ACCEPT_DOCS") == "1")
            File.WriteAllText(path, page = page[..page.IndexOf("## Records", StringComparison.Ordinal)] + tables);
        Assert.EndsWith(tables, page, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_OfPrometheus_AreGoodAndDifferent()
    {
        var names = KplMetrics.All.Select(static m => m.PrometheusName).ToList();
        Assert.Equal(names, names.Distinct());
        Assert.All(names, static n => Assert.Matches("^kpl_[a-z_]+[a-z]$", n));
        Assert.Equal("kpl_user_records_put_total", KplMetrics.UserRecordsPut.PrometheusName);
        Assert.Equal("kpl_request_time_seconds", KplMetrics.RequestTime.PrometheusName);
        Assert.Equal("kpl_outstanding_bytes", KplMetrics.OutstandingBytes.PrometheusName);
    }

    [Fact]
    public void Instruments_AreThoseOfTheTable()
    {
        using var reader = new MetricReader();
        var published = new List<string>();
        using var listener = new System.Diagnostics.Metrics.MeterListener();
        listener.InstrumentPublished = (instrument, _) =>
        {
            if (ReferenceEquals(instrument.Meter.Scope, reader))
                published.Add($"{instrument.Name} {instrument.Unit} {instrument.Description}");
        };
        listener.Start();
        using var instruments = new KplInstruments(ProducerRole.Embedded, static () => [], Listening.Throws, reader);

        Assert.Equal(
            KplMetrics.All.Except([KplMetrics.MetricsUploads]).Select(static m => $"{m.Name} {m.Unit} {m.Meaning}").Order(StringComparer.Ordinal),
            published.Order(StringComparer.Ordinal));
    }

    /// <summary>Prometheus' page shows each as HELP, and collectors as the description of the instrument: a link leads nowhere there.</summary>
    [Fact]
    public void Meanings_HaveNoLinks() => Assert.All(KplMetrics.All, static m => Assert.DoesNotContain("](", m.Meaning, StringComparison.Ordinal));

    private static string Tables()
    {
        var text = new StringBuilder();
        foreach (var group in KplMetrics.All.GroupBy(static m => m.Group))
        {
            text.Append(text.Length == 0 ? "" : "\n").Append($"## {group.Key}\n\n");
            text.Append("| instrument | kind, unit | level | finest tag | what |\n|---|---|---|---|---|\n");
            foreach (var m in group)
                text.Append($"| `{m.Name}` | {KindOf(m)}, {UnitOf(m)} | {m.Level.ToString().ToLowerInvariant()} | `{TagOf(m)}` | {m.Meaning} |\n");
        }

        return text.ToString();
    }

    private static string KindOf(MetricDefinition metric) =>
        metric.Kind == MetricKind.ObservableCounter ? "counter" : metric.Kind.ToString().ToLowerInvariant();

    private static string UnitOf(MetricDefinition metric) => metric.Unit switch
    {
        "By" => "bytes",
        "1" => "ratio",
        "{USD}" => "US dollars",
        "ms" or "s" => metric.Unit,
        _ => metric.Unit.Trim('{', '}') + "s",
    };

    private static string TagOf(MetricDefinition metric) => metric.Finest switch
    {
        MetricGranularity.Shard => "ShardId",
        MetricGranularity.Stream => "StreamName",
        _ => "Sink",
    };
}
