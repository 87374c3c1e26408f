using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Orleans.Kpl.Http.Ingesting;
using Orleans.Kpl.Http.Serving;

namespace Orleans.Kpl.Otlp;

/// <summary>
/// Sends the metrics and spans of a tier's process by OTLP: where OpenTelemetry's variables name an endpoint, and to CloudWatch where
/// <c>Kpl:Metrics:Sinks</c> names it.
/// </summary>
internal sealed partial class OtlpExport(MeterProvider? metrics, TracerProvider? traces, ExportLog log, ILogger logger, TimeProvider time) : IAsyncDisposable
{
    /// <summary>The name of a collector among the sinks that uploads are counted of.</summary>
    private const string Sink = "Otlp";

    private int _isDisposed;

    /// <summary>The time left for the last export; it is asked when that begins.</summary>
    public required Func<TimeSpan> Left { get; set; }

    /// <summary>Starts exporting what is asked for; before the producers, so that nothing is missing.</summary>
    /// <param name="service">What the process is called unless <c>OTEL_SERVICE_NAME</c> does so.</param>
    /// <param name="options">The settings. Later changes to them have no effect.</param>
    /// <param name="uploaded">Is told of each upload to a sink, and whether it succeeded.</param>
    /// <returns>The export; null where nothing is asked for.</returns>
    /// <exception cref="StartException">A variable cannot work.</exception>
    /// <exception cref="KplOptionsException">CloudWatch cannot be reached with these settings.</exception>
    public static OtlpExport? Start(
        string service, KplOptions options, IConfiguration variables, ILoggerFactory loggers, Action<string, bool> uploaded)
    {
        if (OtlpSettings.AreOff(variables))
            return null;
        options = options.Clone();
        var settings = OtlpSettings.Read(variables, out var errors);
        if (errors.Count > 0)
            throw new StartException(errors);
        var cloudWatch = options.Metrics.Sinks?.Contains(CloudWatchExport.Sink) == true ? CloudWatchExport.AddressOf(options) : null;
        if (settings is (null, null) && cloudWatch is null)
            return null;
        var (logger, time) = (loggers.CreateLogger("Orleans.Kpl.Otlp"), TimeProvider.System);
        // Before the exporters: they tell of unusable variables when they are made.
        var log = new ExportLog(logger, time);
        var metrics = MetricsOf(service, options, variables, settings.Metrics, cloudWatch, uploaded);
        var traces = settings.Traces is null ? null : TracesOf(service, options, variables);
        if (settings.Metrics is not null)
            LogOn(logger, "Metrics", HostOf(settings.Metrics));
        if (cloudWatch is not null)
            LogOn(logger, "Metrics", HostOf(cloudWatch));
        if (settings.Traces is not null)
            LogOn(logger, "Spans", HostOf(settings.Traces));
        return new OtlpExport(metrics, traces, log, logger, time) { Left = () => options.DrainTimeout };
    }

    /// <summary>What a log may have of an endpoint: some have a token in their path or query.</summary>
    public static string HostOf(Uri endpoint) => $"{endpoint.Scheme}://{endpoint.Authority}";

    /// <summary>Ends with one last export, within what is left; what hangs then is left to the end of the process.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        var left = Left();
        var (began, isWhole) = (time.GetTimestamp(), false);
        var milliseconds = (int)Math.Clamp(left.TotalMilliseconds, 0, int.MaxValue);
        // They wait on the threads that call them.
        var ending = Task.WhenAll(
            Task.Run(() => End(metrics, m => m.Shutdown(milliseconds))), Task.Run(() => End(traces, t => t.Shutdown(milliseconds))));
        try
        {
            isWhole = (await ending.WaitAsync(left, time)).All(static whole => whole);
        }
        catch (TimeoutException)
        {
            // Told below: OpenTelemetry has its own look at the clock, and may be the first to give up.
        }

        // An export that failed before is told by what it threw.
        if (!isWhole && time.GetElapsedTime(began) >= left * 0.9)
            LogCut(left.TotalSeconds);
        log.Dispose();
    }

    private static bool End<T>(T? provider, Func<T, bool> shutdown)
        where T : class, IDisposable
    {
        if (provider is null)
            return true;
        var isWhole = shutdown(provider);
        provider.Dispose();
        return isWhole;
    }

    private static MeterProvider? MetricsOf(
        string service, KplOptions options, IConfiguration variables, Uri? collector, Uri? cloudWatch, Action<string, bool> uploaded)
    {
        if (collector is null && cloudWatch is null)
            return null;
        var builder = Sdk.CreateMeterProviderBuilder()
            .ConfigureServices(s => s.AddSingleton(variables))
            .ConfigureResource(r => Describe(r, service))
            .AddMeter([KplDiagnostics.MeterName, .. options.Metrics.Meters])
            .AddView(i => MetricViews.Of(i, options));
        if (collector is not null)
            AddCounted(builder, uploaded);
        if (cloudWatch is not null)
            CloudWatchExport.AddTo(builder, options, cloudWatch, uploaded);
        return builder.Build();
    }

    /// <summary>Adds the exporter that the variables describe, and counts what it sends.</summary>
    private static void AddCounted(MeterProviderBuilder builder, Action<string, bool> uploaded) => builder.AddOtlpExporter((exporter, _) =>
    {
        var own = exporter.HttpClientFactory;
        exporter.HttpClientFactory = () => new HttpClient(new CountedHandler(new ClientHandler(own()), isDone => uploaded(Sink, isDone)))
        {
            // The client inside has the limit.
            Timeout = Timeout.InfiniteTimeSpan,
        };
    });

    private static TracerProvider TracesOf(string service, KplOptions options, IConfiguration variables) =>
        Sdk.CreateTracerProviderBuilder()
            .ConfigureServices(s => s.AddSingleton(variables))
            .ConfigureResource(r => Describe(r, service))
            .AddSource([KplDiagnostics.ActivitySourceName, PutActivity.SourceName, .. options.Otlp.Sources])
            .AddOtlpExporter()
            .Build();

    /// <summary>The variables come last: what they say counts.</summary>
    private static void Describe(ResourceBuilder resource, string service) =>
        resource.Clear().AddTelemetrySdk().AddService(service, serviceVersion: KplDiagnostics.Version).AddEnvironmentVariableDetector();

    [LoggerMessage(132, LogLevel.Information, "{What} go to {Endpoint} by OTLP")]
    private static partial void LogOn(ILogger logger, string what, string endpoint);

    [LoggerMessage(133, LogLevel.Warning, "The last export by OTLP did not succeed within {Seconds:0.0} s: what it had is lost")]
    private partial void LogCut(double seconds);
}
