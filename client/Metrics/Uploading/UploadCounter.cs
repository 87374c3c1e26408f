using System.Diagnostics.Metrics;
using Orleans.Kpl.Pipeline.Telemetry;

namespace Orleans.Kpl.Metrics.Uploading;

/// <summary>Counts the uploads of one collector, on the meter of this library: whoever listens to it sees that metrics do not arrive.</summary>
internal sealed class UploadCounter : IDisposable
{
    private readonly Counter<long> _uploads;

    /// <param name="meters">Makes the meter, in a host; null for a meter of the collector's own.</param>
    public UploadCounter(IMeterFactory? meters)
    {
        var options = new MeterOptions(KplDiagnostics.MeterName) { Version = KplDiagnostics.Version };
        Meter = meters?.Create(options) ?? new Meter(options);
        var metric = KplMetrics.MetricsUploads;
        _uploads = Meter.CreateCounter<long>(metric.Name, metric.Unit, metric.Meaning);
    }

    /// <summary>The meter, which has no role: no record is counted on it.</summary>
    public Meter Meter { get; }

    /// <summary>Whether a series tells of uploads only, which are no reason for another one.</summary>
    public static bool IsOf(MetricSeries series) => series.Name == KplMetrics.MetricsUploads.Name;

    /// <summary>An upload has ended.</summary>
    /// <param name="sink">The name of the sink.</param>
    /// <param name="isDone">Whether the sink took all that there was.</param>
    public void Ended(string sink, bool isDone) => _uploads.Add(1, new("Sink", sink), new("Result", isDone ? "done" : "failed"));

    /// <inheritdoc />
    public void Dispose() => Meter.Dispose();
}
