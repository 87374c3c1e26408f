using System.Text.Json;

namespace Orleans.Kpl.Pipeline.Telemetry;

/// <summary>The treatment of an instrument's values.</summary>
internal enum MetricKind
{
    /// <summary>Adds up what is reported.</summary>
    Counter,

    /// <summary>Keeps the distribution of what is reported.</summary>
    Histogram,

    /// <summary>Is read when somebody collects.</summary>
    Gauge,

    /// <summary>A total that is read when somebody collects.</summary>
    ObservableCounter,
}

/// <summary>How much a reader asks for before it gets a metric: KPL's <c>MetricsLevel</c>.</summary>
internal enum MetricLevel
{
    /// <summary>The metrics that every dashboard needs.</summary>
    Summary = 1,

    /// <summary>Everything.</summary>
    Detailed = 2,
}

/// <summary>The finest tag that the values of a metric have: KPL's <c>MetricsGranularity</c>.</summary>
internal enum MetricGranularity
{
    /// <summary>The tag <c>Sink</c>: it is of the process, and of none of its streams.</summary>
    Sink,

    /// <summary>The tag <c>StreamName</c>.</summary>
    Stream = 1,

    /// <summary>The tags <c>StreamName</c> and <c>ShardId</c>.</summary>
    Shard = 2,
}

/// <summary>One metric, as every reader of metrics knows it.</summary>
/// <param name="Name">Its name: KPL's, where KPL has it (<c>metrics/metrics_constants.cc</c>).</param>
/// <param name="Kind">What its instrument does.</param>
/// <param name="Unit">Its unit, in the notation of UCUM, as OpenTelemetry wants it.</param>
/// <param name="Level">The level from which it is uploaded.</param>
/// <param name="Group">The heading under which docs/metrics.md has it.</param>
/// <param name="Meaning">One phrase that says what is counted, without links: it is shown where no page is.</param>
internal sealed record MetricDefinition(
    string Name, MetricKind Kind, string Unit, MetricLevel Level, MetricGranularity Finest, string Group, string Meaning)
{
    /// <summary>CloudWatch's name of the unit.</summary>
    public string CloudWatchUnit => Unit switch
    {
        "ms" => "Milliseconds",
        "s" => "Seconds",
        "By" => "Bytes",
        "1" or "{USD}" => "None",
        _ => "Count",
    };

    /// <summary>
    /// The name in Prometheus' form: <c>kpl_</c>, the words in lower case, the base unit, and <c>_total</c> for what only grows. Times are in seconds
    /// there.
    /// </summary>
    public string PrometheusName
    {
        get
        {
            var unit = Unit switch
            {
                "ms" or "s" => "_seconds",
                "By" when !Name.EndsWith("Bytes", StringComparison.Ordinal) => "_bytes",
                "1" => "_ratio",
                "{USD}" => "_dollars",
                _ => "",
            };
            var total = Kind is MetricKind.Counter or MetricKind.ObservableCounter ? "_total" : "";
            return $"kpl_{JsonNamingPolicy.SnakeCaseLower.ConvertName(Name)}{unit}{total}";
        }
    }
}
