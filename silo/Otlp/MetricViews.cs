using System.Diagnostics.Metrics;
using OpenTelemetry.Metrics;
using Orleans.Kpl.Pipeline.Telemetry;

namespace Orleans.Kpl.Otlp;

/// <summary>The exporter's view of an instrument: settings that limit a collector limit it too.</summary>
internal static class MetricViews
{
    /// <summary>
    /// The most sets of tags of one metric that may have one for each shard; OpenTelemetry keeps memory for all of them. Without it they are 2,000, and what is
    /// beyond has the tag <c>otel.metric.overflow</c> instead of its own.
    /// </summary>
    private const int MaxSets = 10_000;

    private static readonly Dictionary<string, MetricDefinition> Known = KplMetrics.All.ToDictionary(static m => m.Name, StringComparer.Ordinal);

    private static readonly string[] OfProcess = ["ErrorCode", "Result", "Sink"];

    /// <summary>Returns how an instrument is exported; null as it is.</summary>
    public static MetricStreamConfiguration? Of(Instrument instrument, KplOptions options)
    {
        if (instrument.Meter.Name != KplDiagnostics.MeterName || !Known.TryGetValue(instrument.Name, out var metric))
            return null;
        if ((int)metric.Level > (int)options.Metrics.Level)
            return MetricStreamConfiguration.Drop;
        var name = options.Otlp.InstrumentPrefix is { } prefix ? $"{prefix}.{instrument.Name}" : instrument.Name;
        // OpenTelemetry joins what is counted, and not what is read: without its tags the value that came last would stand for all.
        if (instrument.IsObservable && options.Metrics.Granularity != MetricsGranularity.Auto)
            return new MetricStreamConfiguration { Name = name, CardinalityLimit = MaxSets };
        return options.Metrics.Granularity switch
        {
            MetricsGranularity.Global => new MetricStreamConfiguration { Name = name, TagKeys = OfProcess },
            MetricsGranularity.Stream => new MetricStreamConfiguration { Name = name, TagKeys = [.. OfProcess, "StreamName"] },
            MetricsGranularity.Shard => new MetricStreamConfiguration { Name = name, CardinalityLimit = MaxSets },
            _ => options.Otlp.InstrumentPrefix is null ? null : new MetricStreamConfiguration { Name = name },
        };
    }
}
