using Orleans.Kpl.Otlp.Tests;

namespace Orleans.Kpl.Local.Tests;

/// <summary>The tier's metrics, as Prometheus reads them.</summary>
public sealed class LocalMetricsTests
{
    private const string Event = """{"partition_key":"k","payload":1}""";

    [Fact]
    public async Task Scrape_AfterRecords_TellsThemByStreamAndShard()
    {
        await using var tier = await LocalProcess.StartReadyAsync("--stream", "events=1", "--Kpl:Metrics:Meters=System.Runtime");
        for (var i = 0; i < 3; i++)
            Assert.Equal(200, (await tier.PostAsync("/events/confirmed", Event)).Status);

        using var response = await tier.Http.GetAsync("/metrics", TestContext.Current.CancellationToken);
        var page = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        Assert.Contains("\nkpl_user_records_put_total{stream=\"events\",shard=\"shardId-000000000000\"} 3\n", page, StringComparison.Ordinal);
        Assert.Contains("\nkpl_user_records_received_total{stream=\"events\"} 3\n", page, StringComparison.Ordinal);
        Assert.Contains("\ndotnet_process_cpu_time_seconds_total{", page, StringComparison.Ordinal);
    }

    [PosixFact]
    public async Task Otlp_WithTheVariable_GetsMetricsAndSpans_TheLastOnesAtTheEnd()
    {
        await using var collector = await OtlpCollector.StartAsync();
        await using var tier = LocalProcess.Start(
            ["--http-port", "0", "--kinesis-port", "0", "--stream", "events=1"], null,
            ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Url.AbsoluteUri), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"));
        await tier.ReadyAsync();
        for (var i = 0; i < 3; i++)
            Assert.Equal(200, (await tier.PostAsync("/events/confirmed", Event)).Status);
        tier.Signal(Signals.Terminate);
        Assert.Equal(0, (await tier.ExitAsync()).Code);

        Assert.Contains("UserRecordsPut{StreamName=events,ShardId=shardId-000000000000} 3", collector.Points);
        Assert.Equal(3, collector.Spans.Count(static s => s.StartsWith("Orleans.Kpl.Http kpl put ", StringComparison.Ordinal)));
        Assert.Equal(3, collector.Spans.Count(static s => s.StartsWith("Orleans.Kpl put events ", StringComparison.Ordinal)));
        Assert.Contains("service.name=orleans-kpl-local", collector.Resources);
    }

    [Fact]
    public async Task Metrics_WithoutTheSink_AreNotServed()
    {
        await using var tier = await LocalProcess.StartReadyAsync("--stream", "events=1", "--Kpl:Metrics:Sinks=none");
        using var response = await tier.Http.GetAsync("/metrics", TestContext.Current.CancellationToken);
        Assert.Equal(404, (int)response.StatusCode);
    }

    /// <summary>Records take all that they may, then CloudWatch does not answer: the last upload has the rest of the stop, and no more.</summary>
    [PosixFact]
    public async Task Stop_WhereCloudWatchHangs_EndsWithTheStop()
    {
        using var dead = new DeadEndpoint();
        using var silent = new SilentEndpoint();
        await using var tier = await LocalProcess.StartReadyAsync("--kinesis-endpoint", dead.Url.AbsoluteUri, "--Kpl:Metrics:Sinks=CloudWatch",
            $"--Kpl:Metrics:EndpointUrl={silent.Url}", "--Kpl:StopTimeout=2s", "--Kpl:DrainTimeout=2s", "--Kpl:RecordTtl=1h");
        Assert.Equal(202, (await tier.PostAsync("/events", """{"partition_key":"k","payload":1}""")).Status);

        tier.Signal(Signals.Terminate);
        var (code, _, log) = await tier.ExitAsync();
        Assert.Equal(1, code);
        var cut = Assert.Single(log, static l => l.Contains("The last upload of metrics did not end within", StringComparison.Ordinal));
        // Slower machines leave less.
        Assert.Matches(@" within 0\.[0-9] s:", cut);
    }
}
