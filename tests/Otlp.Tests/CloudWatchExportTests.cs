using Orleans.Kpl.Aws.Tests.Serving;
using Orleans.Kpl.Metrics;
using Orleans.Kpl.Metrics.Tests.Signing;

namespace Orleans.Kpl.Otlp.Tests;

public sealed class CloudWatchExportTests
{
    [Fact]
    public async Task Export_ToCloudWatch_IsSignedAndCounted_AndHasNoHeaderOfAnotherPlace()
    {
        await using var server = WireServer.Answering(200, "", "application/x-protobuf");
        await using var export = await TestExport.StartAsync(
            Configure(server), ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=of-another-place"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"));
        export.Meters.Instruments.Put(export.Stream, "a", 3, 0);
        await export.DisposeAsync();

        var request = Assert.Single(server.Requests);
        Assert.Equal("POST /v1/metrics HTTP/1.1", request.RequestLine);
        Assert.Null(SignatureJudge.DefectOf(request, "eu-west-1/monitoring"));
        Assert.False(request.Headers.ContainsKey("api-key"));
        Assert.Contains("UserRecordsPut", NamesIn(request));
        Assert.Contains(export.Log.Lines, l => l.Line == $"Metrics go to {server.Address.GetLeftPart(UriPartial.Authority)} by OTLP");
    }

    /// <summary>Each instrument was exported by the settings at the time when its producer began, which a program may have changed for another one.</summary>
    [Fact]
    public async Task Export_WhereTheOptionsChangeAfterTheStart_GoesOnAsItBegan()
    {
        await using var server = WireServer.Answering(200, "", "application/x-protobuf");
        KplOptions? given = null;
        await using var export = await TestExport.StartAsync(o => Configure(server)(given = o));
        (given!.Metrics.AccessKeyId, given.Metrics.SecretAccessKey, given.Metrics.Region) = ("OTHER", "another", "us-east-1");
        (given.Metrics.Level, given.Otlp.InstrumentPrefix) = (MetricsLevel.None, "other");
        export.Meters.Instruments.Put(export.Stream, "a", 3, 0);
        await export.DisposeAsync();

        var request = Assert.Single(server.Requests);
        Assert.Null(SignatureJudge.DefectOf(request, "eu-west-1/monitoring"));
        Assert.Contains("UserRecordsPut", NamesIn(request));
    }

    /// <summary>The log said that metrics go there.</summary>
    [Fact]
    public async Task Export_WhereOpenTelemetryIsOff_IsNone()
    {
        await using var server = WireServer.Answering(200, "", "application/x-protobuf");
        await using var export = await TestExport.StartAsync(Configure(server), ("OTEL_SDK_DISABLED", "true"));
        export.Meters.Instruments.Put(export.Stream, "a", 3, 0);
        await export.DisposeAsync();
        Assert.Empty(server.Requests);
        Assert.DoesNotContain(export.Log.Lines, static l => l.Line.StartsWith("Metrics go to ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(200, "done")]
    [InlineData(403, "failed")]
    public async Task Upload_IsCounted_ByItsResult(int status, string result)
    {
        await using var server = WireServer.Answering(status, "", "application/x-protobuf");
        await using var export = await TestExport.StartAsync(o =>
        {
            Configure(server)(o);
            (o.Metrics.Sinks, o.Metrics.UploadDelay) = (["CloudWatchOtlp", "Prometheus"], TimeSpan.FromMilliseconds(50));
        });
        export.Meters.Instruments.Put(export.Stream, "a", 3, 0);
        await Testing.Waiting.UntilAsync(() => export.TextOfPage().Contains(
            $"kpl_metrics_uploads_total{{sink=\"CloudWatchOtlp\",result=\"{result}\"}} ", StringComparison.Ordinal));
    }

    /// <summary>A path went missing, which the other sink keeps.</summary>
    [Theory]
    [InlineData(null, "https://monitoring.eu-west-1.amazonaws.com/v1/metrics")]
    [InlineData("https://gateway/monitoring", "https://gateway/monitoring/v1/metrics")]
    public void Address_IsThatOfTheRegion_OrBelowTheEndpoint(string? endpoint, string address)
    {
        var options = new KplOptions { Metrics = { Region = "eu-west-1", AccessKeyId = "AKID", SecretAccessKey = "secret" } };
        options.Metrics.EndpointUrl = endpoint is null ? null : new Uri(endpoint);
        Assert.Equal(address, CloudWatchExport.AddressOf(options).AbsoluteUri);
    }

    [Fact]
    public void Collector_WithoutAnExporter_RefusesTheSink_AndSaysWhatToDo()
    {
        var error = Assert.Throws<KplOptionsException>(static () => MetricsCollector.Start(new KplOptions { Metrics = { Sinks = ["CloudWatchOtlp"] } }));
        Assert.Equal(
            "Kpl:Metrics:Sinks has 'CloudWatchOtlp', which only silos and the local tier have: here give OpenTelemetry's exporter an HttpClient with "
                + "a SigV4Handler, as docs/metrics.md shows",
            Assert.Single(error.Errors));
    }

    private static IEnumerable<string> NamesIn(ReceivedRequest request) =>
        new ProtoMessage(request.Body).All(1).SelectMany(static r => r.All(2)).SelectMany(static s => s.All(2)).Select(static m => m.TextOf(1));

    private static Action<KplOptions> Configure(WireServer server) => o =>
    {
        (o.Metrics.Sinks, o.Metrics.EndpointUrl, o.Metrics.Region) = (["CloudWatchOtlp"], server.Address, "eu-west-1");
        (o.Metrics.AccessKeyId, o.Metrics.SecretAccessKey) = ("AKID", SignatureJudge.Secret);
    };
}
