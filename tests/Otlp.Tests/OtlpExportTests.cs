using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Metrics.Tests.Collecting;

namespace Orleans.Kpl.Otlp.Tests;

public sealed class OtlpExportTests
{
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const string Protocol = "OTEL_EXPORTER_OTLP_PROTOCOL";
    private const string Http = "http/protobuf";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Metrics_OfAProducer_ArriveWithTagsAndValues(bool isGrpc)
    {
        await using var collector = await OtlpCollector.StartAsync(isGrpc);
        await using var export = await TestExport.StartAsync(null, (Endpoint, collector.Url.AbsoluteUri), (Protocol, isGrpc ? null : Http));
        export.Meters.Instruments.Put(export.Stream, "a", 3, 30);
        export.Meters.Instruments.Put(export.Stream, "b", 4, 0);
        export.Meters.Instruments.CallEnded(export.Stream, TimeSpan.FromMilliseconds(30), 5);
        await export.DisposeAsync();

        Assert.Equal(
            [
                "KinesisRecordsPerPutRecordsRequest{StreamName=S} sum 5 count 1",
                "RequestTime{StreamName=S} sum 30 count 1",
                "UserRecordsDataPut{StreamName=S,ShardId=a} 30",
                "UserRecordsPut{StreamName=S,ShardId=a} 3",
                "UserRecordsPut{StreamName=S,ShardId=b} 4",
            ],
            PointsOf(collector, export));
        Assert.All(collector.Requests, r => Assert.Equal(
            isGrpc ? "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export" : "/v1/metrics", r.Path));
        Assert.Contains("service.name=orleans-kpl-test", collector.Resources);
        Assert.Contains($"service.version={KplDiagnostics.Version}", collector.Resources);
        Assert.Contains(export.Log.Lines, l => l.Line == $"Metrics go to {collector.Url.GetLeftPart(UriPartial.Authority)} by OTLP");
    }

    /// <summary>So that an alert tells of exports that do not arrive, whatever is spoken.</summary>
    [Theory]
    [InlineData(false, false, "done")]
    [InlineData(false, true, "failed")]
    [InlineData(true, false, "done")]
    [InlineData(true, true, "failed")]
    public async Task Upload_IsCounted_ByItsResult(bool isGrpc, bool refuses, string result)
    {
        await using var collector = await OtlpCollector.StartAsync(isGrpc);
        collector.Refuses = refuses;
        await using var export = await TestExport.StartAsync(
            null, (Endpoint, collector.Url.AbsoluteUri), (Protocol, isGrpc ? null : Http), ("OTEL_METRIC_EXPORT_INTERVAL", "50"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=secret"));
        export.Meters.Instruments.Put(export.Stream, "a", 3, 0);
        await Waiting.UntilAsync(() => export.TextOfPage().Contains($"kpl_metrics_uploads_total{{sink=\"Otlp\",result=\"{result}\"}} ", StringComparison.Ordinal));
        Assert.DoesNotContain($"sink=\"Otlp\",result=\"{(refuses ? "done" : "failed")}\"", export.TextOfPage(), StringComparison.Ordinal);
        Assert.All(collector.Requests, static r => Assert.Contains("api-key", r.Headers, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>OpenTelemetry itself tells nobody.</summary>
    [Fact]
    public async Task UploadThatReachesNobody_CountsAsFailed_AndIsToldInTheLog()
    {
        using var dead = new DeadEndpoint();
        await using var export = await TestExport.StartAsync(
            null, (Endpoint, dead.Url.AbsoluteUri), (Protocol, Http), ("OTEL_METRIC_EXPORT_INTERVAL", "50"));
        export.Meters.Instruments.Put(export.Stream, "a", 1, 0);
        await Waiting.UntilAsync(() => export.TextOfPage().Contains("kpl_metrics_uploads_total{sink=\"Otlp\",result=\"failed\"} ", StringComparison.Ordinal));
        await export.DisposeAsync();
        Assert.Contains(export.Log.Lines, static l => l.Level == LogLevel.Warning && l.Line.StartsWith("OpenTelemetry: ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Spans_OfTheTwoSources_Arrive_UnderTheNameThatIsGiven()
    {
        await using var collector = await OtlpCollector.StartAsync();
        await using var export = await TestExport.StartAsync(
            null, (Endpoint, collector.Url.AbsoluteUri), (Protocol, Http), ("OTEL_SERVICE_NAME", "orders"), ("OTEL_RESOURCE_ATTRIBUTES", "team=a"),
            ("OTEL_METRICS_EXPORTER", "none"));
        using var producers = new ActivitySource(KplDiagnostics.ActivitySourceName);
        using var http = new ActivitySource("Orleans.Kpl.Http");
        producers.StartActivity($"put {export.Stream}", ActivityKind.Producer)!.SetTag("messaging.system", "aws_kinesis").Stop();
        http.StartActivity($"kpl put {export.Stream}", ActivityKind.Server)!.Stop();
        await export.DisposeAsync();

        Assert.Equal(
            ["Orleans.Kpl put S 4 messaging.system=aws_kinesis", "Orleans.Kpl.Http kpl put S 2 "],
            collector.Spans.Where(s => s.Contains(export.Stream, StringComparison.Ordinal)).Select(s => s.Replace(export.Stream, "S", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal));
        Assert.All(collector.Requests, static r => Assert.Equal("/v1/traces", r.Path));
        Assert.Contains("service.name=orders", collector.Resources);
        Assert.Contains("team=a", collector.Resources);
    }

    /// <summary>Orleans' own, or any other.</summary>
    [Fact]
    public async Task Spans_OfSourcesThatAreNamed_ArriveToo()
    {
        await using var collector = await OtlpCollector.StartAsync();
        await using var export = await TestExport.StartAsync(
            static o => o.Otlp.Sources = ["Microsoft.Orleans.*", "orders"], (Endpoint, collector.Url.AbsoluteUri), (Protocol, Http));
        foreach (var name in (string[])["Microsoft.Orleans.Application", "orders", "Microsoft.Other"])
        {
            using var source = new ActivitySource(name);
            source.StartActivity(export.Stream)?.Stop();
        }

        await export.DisposeAsync();
        Assert.Equal(
            ["Microsoft.Orleans.Application S 1 ", "orders S 1 "],
            collector.Spans.Where(s => s.Contains(export.Stream, StringComparison.Ordinal)).Select(s => s.Replace(export.Stream, "S", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal));
    }

    /// <summary>The prefix is aiokpl's <c>instrument_prefix</c>; metrics of others keep their names.</summary>
    [Theory]
    [InlineData(null, MetricsLevel.Detailed, MetricsGranularity.Auto, "UserRecordsDataPut{StreamName=S,ShardId=a} 30", "UserRecordsPut{StreamName=S,ShardId=a} 3")]
    [InlineData(null, MetricsLevel.Summary, MetricsGranularity.Shard, "UserRecordsPut{StreamName=S,ShardId=a} 3")]
    [InlineData(null, MetricsLevel.Detailed, MetricsGranularity.Stream, "UserRecordsDataPut{StreamName=S} 30", "UserRecordsPut{StreamName=S} 3")]
    [InlineData(null, MetricsLevel.None, MetricsGranularity.Shard)]
    [InlineData("orders.kpl", MetricsLevel.Summary, MetricsGranularity.Auto, "orders.kpl.UserRecordsPut{StreamName=S,ShardId=a} 3")]
    [InlineData("orders.kpl", MetricsLevel.Summary, MetricsGranularity.Stream, "orders.kpl.UserRecordsPut{StreamName=S} 3")]
    public async Task LevelGranularityAndPrefix_HoldForTheExportToo(
        string? prefix, MetricsLevel level, MetricsGranularity granularity, params string[] points)
    {
        await using var collector = await OtlpCollector.StartAsync();
        await using var export = await TestExport.StartAsync(
            o => (o.Otlp.InstrumentPrefix, o.Metrics.Level, o.Metrics.Granularity) = (prefix, level, granularity),
            (Endpoint, collector.Url.AbsoluteUri), (Protocol, Http));
        export.Meters.Instruments.Put(export.Stream, "a", 3, 30);
        await export.DisposeAsync();
        Assert.Equal(points, PointsOf(collector, export));
    }

    [Fact]
    public async Task GranularityOfTheProcess_LeavesStreamsOut()
    {
        await using var collector = await OtlpCollector.StartAsync();
        await using var export = await TestExport.StartAsync(
            static o => o.Metrics.Granularity = MetricsGranularity.Global, (Endpoint, collector.Url.AbsoluteUri), (Protocol, Http));
        export.Meters.Instruments.Error(export.Stream, "a", export.Stream);
        await export.DisposeAsync();
        Assert.Contains($"ErrorsByCode{{ErrorCode={export.Stream}}} 1", collector.Points);
    }

    /// <summary>Without its tags a gauge, and a total that is read, had the value of the stream or the shard that came last.</summary>
    [Theory]
    [InlineData(MetricsGranularity.Global, "kpl_outstanding_bytes 40\n")]
    [InlineData(MetricsGranularity.Stream, "kpl_outstanding_bytes{stream=\"S2\"} 30\n")]
    public async Task WhatIsRead_KeepsItsTags_WhereThePageIsCoarser(MetricsGranularity granularity, string page)
    {
        await using var collector = await OtlpCollector.StartAsync();
        await using var export = await TestExport.StartAsync(
            o => o.Metrics.Granularity = granularity, (Endpoint, collector.Url.AbsoluteUri), (Protocol, Http));
        export.Meters.Streams =
        [
            new MeasuredStream($"{export.Stream}1") { OutstandingBytes = 10, ServedMeasures = [new("a", null, 0.75), new("b", null, 0.5)] },
            new MeasuredStream($"{export.Stream}2") { OutstandingBytes = 30, ServedMeasures = [new("a", null, 0.25), new("b", null, 0.5)] },
        ];
        export.Meters.Instruments.Put(export.Stream, "a", 1, 0);
        Assert.Contains(page, export.TextOfPage().Replace(export.Stream, "S", StringComparison.Ordinal), StringComparison.Ordinal);
        await export.DisposeAsync();

        Assert.Equal(
            [
                "OutstandingBytes{StreamName=S1} 10",
                "OutstandingBytes{StreamName=S2} 30",
                "ShardUtilisation{StreamName=S1,ShardId=a} 0.75",
                "ShardUtilisation{StreamName=S1,ShardId=b} 0.5",
                "ShardUtilisation{StreamName=S2,ShardId=a} 0.25",
                "ShardUtilisation{StreamName=S2,ShardId=b} 0.5",
            ],
            PointsOf(collector, export).Where(static p => p.Split('{')[0] is "OutstandingBytes" or "ShardUtilisation"));
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("OTEL_SDK_DISABLED", "true")]
    [InlineData("OTEL_METRICS_EXPORTER", "none")]
    public async Task Nothing_IsSent_UnlessItIsAskedFor(string? variable, string? value)
    {
        await using var collector = await OtlpCollector.StartAsync();
        (string, string?)[] variables = variable is null ? [] : [(Endpoint, collector.Url.AbsoluteUri), (Protocol, Http), (variable, value)];
        await using var export = await TestExport.StartAsync(null, variables);
        export.Meters.Instruments.Put(export.Stream, "a", 3, 30);
        await export.DisposeAsync();
        Assert.Empty(collector.Requests);
        Assert.NotNull(export.Page);
    }

    [Fact]
    public async Task Start_WithVariablesThatCannotWork_NamesEach()
    {
        var error = await Assert.ThrowsAsync<Kpl.Http.Serving.StartException>(
            static () => TestExport.StartAsync(null, (Endpoint, "collector:4317"), (Protocol, "http/json"), ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "ftp://x")));
        Assert.Equal(
            [
                "OTEL_EXPORTER_OTLP_ENDPOINT is 'collector:4317': expected is a URL with http or https, such as http://collector:4317",
                "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is 'ftp://x': expected is a URL with http or https, such as http://collector:4317",
                "OTEL_EXPORTER_OTLP_PROTOCOL is 'http/json': allowed are grpc, http/protobuf",
            ],
            error.Errors);
    }

    /// <summary>The refusal was a line of the log, with the password.</summary>
    [Theory]
    [InlineData("http://user:hush@collector:4317", " has a user or a password, which would not be sent: credentials go into OTEL_EXPORTER_OTLP_HEADERS")]
    [InlineData("user:hush@collector:4317", " is no endpoint: expected is a URL with http or https, such as http://collector:4317")]
    public async Task Start_WithAPasswordInAnEndpoint_NamesTheVariableAlone(string endpoint, string told)
    {
        var error = await Assert.ThrowsAsync<Kpl.Http.Serving.StartException>(() => TestExport.StartAsync(null, (Endpoint, endpoint)));
        Assert.Equal([Endpoint + told], error.Errors);
    }

    /// <summary>Some places have their token in the path.</summary>
    [Fact]
    public async Task Log_OfStartAndFailure_HasNoMoreOfAnEndpointThanItsHost()
    {
        using var dead = new DeadEndpoint();
        var host = dead.Url.GetLeftPart(UriPartial.Authority);
        await using var export = await TestExport.StartAsync(null, (Endpoint, $"{host}/hush?key=hush"), (Protocol, Http));
        export.Meters.Instruments.Put(export.Stream, "a", 1, 0);
        await export.DisposeAsync();
        Assert.Contains(export.Log.Texts, l => l == $"Spans go to {host} by OTLP");
        Assert.Contains(export.Log.Texts, l => l.StartsWith("OpenTelemetry: ", StringComparison.Ordinal) && l.Contains(host, StringComparison.Ordinal));
        Assert.DoesNotContain(export.Log.Texts, static l => l.Contains("hush", StringComparison.Ordinal));
    }

    [Fact]
    public async Task LastExport_WhereTheEndpointHangs_EndsWithinWhatIsLeft()
    {
        using var silent = new SilentEndpoint();
        await using var export = await TestExport.StartAsync(
            null, (Endpoint, silent.Url.AbsoluteUri), (Protocol, Http), ("OTEL_EXPORTER_OTLP_TIMEOUT", "600000"));
        export.LimitTo(TimeSpan.FromMilliseconds(100));
        export.Meters.Instruments.Put(export.Stream, "a", 1, 0);
        await export.DisposeAsync();
        Assert.Contains(export.Log.Lines, static l => l.Line == "The last export by OTLP did not succeed within 0.1 s: what it had is lost");
    }

    private static IEnumerable<string> PointsOf(OtlpCollector collector, TestExport export) =>
        collector.Points.Where(p => p.Contains(export.Stream, StringComparison.Ordinal)).Select(p => p.Replace(export.Stream, "S", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);
}
