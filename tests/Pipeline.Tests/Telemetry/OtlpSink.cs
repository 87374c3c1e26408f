using System.Diagnostics.Metrics;
using System.Net;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using Orleans.Kpl.Otlp;
using Orleans.Kpl.Otlp.Tests;

namespace Orleans.Kpl.Pipeline.Tests.Telemetry;

/// <summary>Takes what OpenTelemetry's exporter sends of some producers, with the views of a tier, and reads the bytes.</summary>
internal sealed class OtlpSink : IDisposable
{
    private readonly MeterProvider _provider;
    private readonly Requests _requests = new();

    /// <param name="meters">The factory of the producers' meters; others are not heard.</param>
    /// <param name="options">What limits the export.</param>
    public OtlpSink(IMeterFactory meters, MetricsOptions options)
    {
        var exporter = new OtlpMetricExporter(new OtlpExporterOptions
        {
            Protocol = OtlpExportProtocol.HttpProtobuf,
            Endpoint = new Uri("http://127.0.0.1/v1/metrics"),
            HttpClientFactory = () => new HttpClient(_requests),
        });
        _provider = Sdk.CreateMeterProviderBuilder()
            .AddMeter(KplDiagnostics.MeterName)
            .AddView(i => ReferenceEquals(i.Meter.Scope, meters) ? MetricViews.Of(i, new KplOptions { Metrics = options }) : MetricStreamConfiguration.Drop)
            .AddReader(new BaseExportingMetricReader(exporter))
            .Build();
    }

    /// <summary>Has everything sent, and returns each point.</summary>
    public IReadOnlyList<string> Read()
    {
        Assert.True(_provider.ForceFlush());
        return [.. OtlpPoints.Read(new ProtoMessage(_requests.Last ?? []))];
    }

    public void Dispose() => _provider.Dispose();

    private sealed class Requests : HttpMessageHandler
    {
        public byte[]? Last { get; private set; }

        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            using var body = new MemoryStream();
            request.Content!.CopyTo(body, null, cancellationToken);
            Last = body.ToArray();
            return new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent([]), RequestMessage = request };
        }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(Send(request, cancellationToken));
    }
}
