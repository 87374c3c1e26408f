using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using Orleans.Kpl.Metrics;

namespace Orleans.Kpl.Otlp;

/// <summary>
/// Brings metrics to CloudWatch's endpoint for OTLP, <c>https://monitoring.REGION.amazonaws.com/v1/metrics</c> (CloudWatch User Guide, "OTLP Endpoints"):
/// binary, over HTTP, signed.
/// </summary>
internal static class CloudWatchExport
{
    /// <summary>The name in <c>Kpl:Metrics:Sinks</c>.</summary>
    public const string Sink = "CloudWatchOtlp";

    /// <summary>The address that metrics go to.</summary>
    /// <exception cref="KplOptionsException">CloudWatch cannot be reached with these settings.</exception>
    public static Uri AddressOf(KplOptions options)
    {
        using var handler = new SigV4Handler(options);
        return new Uri(handler.Address.AbsoluteUri.TrimEnd('/') + "/v1/metrics");
    }

    /// <summary>Adds the exporter.</summary>
    /// <param name="options">The settings: credentials, level, time between uploads.</param>
    /// <param name="uploaded">Is told of each upload.</param>
    public static void AddTo(MeterProviderBuilder builder, KplOptions options, Uri address, Action<string, bool> uploaded) =>
        builder.AddOtlpExporter(Sink, (exporter, reader) =>
        {
            // The variables are those of another place, and headers have its keys.
            (exporter.Endpoint, exporter.Protocol, exporter.Headers) = (address, OtlpExportProtocol.HttpProtobuf, "");
            exporter.HttpClientFactory = () => new HttpClient(new CountedHandler(new SigV4Handler(options), ended => uploaded(Sink, ended)))
            {
                Timeout = TimeSpan.FromMilliseconds(exporter.TimeoutMilliseconds),
            };
            reader.PeriodicExportingMetricReaderOptions.ExportIntervalMilliseconds = (int)options.Metrics.UploadDelay.TotalMilliseconds;
        });
}
