using Orleans.Kpl.LocalKinesis;
using Orleans.Kpl.Otlp.Tests;

namespace Orleans.Kpl.Host.Tests;

/// <summary>A silo's metrics, as Prometheus reads them.</summary>
public sealed class HostMetricsTests
{
    [PosixFact]
    public async Task Scrape_AfterRecords_TellsThemByStreamAndShard()
    {
        await using var kinesis = await LocalKinesisServer.StartAsync(new LocalKinesisOptions { Port = 0 });
        await kinesis.Kinesis.CreateStreamAsync("events", 1);
        await using var silo = await SiloProcess.StartReadyAsync($"--Kpl:Kinesis:EndpointUrl={kinesis.Url}");
        Assert.Equal(200, (await silo.PostAsync("/events/confirmed", """{"partition_key":"k","payload":1}""")).Status);

        var (status, page) = await silo.GetAsync("/metrics");
        Assert.Equal(200, status);
        Assert.Contains("\nkpl_user_records_put_total{stream=\"events\",shard=\"shardId-000000000000\"} 1\n", page, StringComparison.Ordinal);
        Assert.Contains("\nkpl_open_shards{stream=\"events\"} 1\n", page, StringComparison.Ordinal);
    }

    [PosixFact]
    public async Task Otlp_WithTheVariable_GetsMetricsAndSpans_TheLastOnesAtTheEnd()
    {
        await using var kinesis = await LocalKinesisServer.StartAsync(new LocalKinesisOptions { Port = 0 });
        await kinesis.Kinesis.CreateStreamAsync("events", 1);
        await using var collector = await OtlpCollector.StartAsync();
        await using var silo = SiloProcess.Start(
            ["--Kpl:Http:Port=0", "--Kpl:Cluster:SiloPort=0", "--Kpl:Cluster:GatewayPort=0", $"--Kpl:Kinesis:EndpointUrl={kinesis.Url}"], null,
            ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Url.AbsoluteUri), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"));
        await silo.ReadyAsync();
        Assert.Equal(200, (await silo.PostAsync("/events/confirmed", """{"partition_key":"k","payload":1}""")).Status);
        silo.Signal(Signals.Terminate);
        Assert.Equal(0, (await silo.ExitAsync()).Code);

        Assert.Contains("UserRecordsPut{StreamName=events,ShardId=shardId-000000000000} 1", collector.Points);
        Assert.Single(collector.Spans, static s => s.StartsWith("Orleans.Kpl.Http kpl put ", StringComparison.Ordinal));
        Assert.Single(collector.Spans, static s => s.StartsWith("Orleans.Kpl put events ", StringComparison.Ordinal));
        Assert.Contains("service.name=orleans-kpl-silo", collector.Resources);
    }

    /// <summary>Records take all that they may, then CloudWatch does not answer: the last upload has the rest of the stop, and no more.</summary>
    [PosixFact]
    public async Task Stop_WhereCloudWatchHangs_EndsWithTheStop()
    {
        using var dead = new DeadEndpoint();
        using var silent = new SilentEndpoint();
        await using var tier = await SiloProcess.StartReadyAsync($"--Kpl:Kinesis:EndpointUrl={dead.Url}", "--Kpl:Metrics:Sinks=CloudWatch",
            $"--Kpl:Metrics:EndpointUrl={silent.Url}", "--Kpl:StopTimeout=2s", "--Kpl:DrainTimeout=2s", "--Kpl:RecordTtl=1h");
        Assert.Equal(202, (await tier.PostAsync("/events", """{"partition_key":"k","payload":1}""")).Status);

        tier.Signal(Signals.Terminate);
        var (code, output, log) = await tier.ExitAsync();
        Assert.True(code == 1, string.Join('\n', output.Concat(log)));
        var cut = Assert.Single(log, static l => l.Contains("The last upload of metrics did not end within", StringComparison.Ordinal));
        // Slower machines leave less.
        Assert.Matches(@" within 0\.[0-9] s:", cut);
    }
}
