using System.Diagnostics.Metrics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Http.Identities.Access;
using Orleans.Kpl.Metrics;

namespace Orleans.Kpl.Otlp;

/// <summary>How the process of a tier is seen from outside: the collector with its sinks, and the export by OTLP.</summary>
internal sealed class TierTelemetry(MetricsCollector collector, OtlpExport? export) : IAsyncDisposable
{
    /// <summary>The page for Prometheus; null where the settings name other sinks only.</summary>
    public IMetricsPage? Page => collector.Page;

    /// <summary>Starts everything that settings and variables ask for; before the producers, so that nothing is missing.</summary>
    /// <param name="service">What the process is called unless <c>OTEL_SERVICE_NAME</c> does so.</param>
    /// <param name="meters">The factory of the producers' meters; null where they have none.</param>
    /// <exception cref="KplOptionsException">A setting cannot work.</exception>
    /// <exception cref="Http.Serving.StartException">A variable cannot work.</exception>
    public static async Task<TierTelemetry> StartAsync(
        string service, KplOptions options, IConfiguration variables, ILoggerFactory loggers, IMeterFactory? meters = null)
    {
        options.Metrics.AddPrometheusOfTier();
        if (!options.Metrics.Meters.Contains(FailedProofs.MeterName))
            options.Metrics.Meters = [.. options.Metrics.Meters, FailedProofs.MeterName];
        var collector = MetricsCollector.StartInTier(options, loggers, meters);
        try
        {
            return new TierTelemetry(collector, OtlpExport.Start(service, options, variables, loggers, collector.CountUpload));
        }
        catch
        {
            await collector.DisposeAsync();
            throw;
        }
    }

    /// <summary>Limits the last uploads to what is left of the stop of the process.</summary>
    public void LimitLastUploadTo(Func<TimeSpan> left)
    {
        collector.LimitLastUploadTo(left);
        if (export is not null)
            export.Left = left;
    }

    /// <summary>Ends with the last uploads, side by side: they begin when every record has ended.</summary>
    public async ValueTask DisposeAsync()
    {
        var exporting = export?.DisposeAsync() ?? default;
        await collector.DisposeAsync();
        await exporting;
    }
}
