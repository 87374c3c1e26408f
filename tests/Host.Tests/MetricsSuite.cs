using Orleans.Kpl.LocalKinesis;
using Orleans.Kpl.Otlp.Tests;

namespace Orleans.Kpl.Host.Tests;

/// <summary>The metrics of a tier's process: a silo and the local tier alike.</summary>
public abstract class MetricsSuite
{
    private const string Event = """{"partition_key":"k","payload":1}""";

    /// <summary>What the process calls itself to a collector.</summary>
    private protected abstract string Service { get; }

    [PosixFact]
    public async Task Scrape_AfterRecords_TellsThemByStreamAndShard()
    {
        await using var kinesis = await StartKinesisAsync();
        await using var tier = Start(kinesis.Url, ["--Kpl:Metrics:Meters=System.Runtime"]);
        await tier.ReadyAsync();
        await PutAsync(tier, 3);

        using var response = await tier.Http.GetAsync("/metrics", TestContext.Current.CancellationToken);
        var page = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        Assert.Contains("\nkpl_user_records_put_total{stream=\"events\",shard=\"shardId-000000000000\"} 3\n", page, StringComparison.Ordinal);
        Assert.Contains("\nkpl_user_records_received_total{stream=\"events\"} 3\n", page, StringComparison.Ordinal);
        Assert.Contains("\nkpl_open_shards{stream=\"events\"} 1\n", page, StringComparison.Ordinal);
        Assert.Contains("\ndotnet_process_cpu_time_seconds_total{", page, StringComparison.Ordinal);
    }

    [PosixFact]
    public async Task Otlp_WithTheVariable_GetsMetricsAndSpans_TheLastOnesAtTheEnd()
    {
        await using var kinesis = await StartKinesisAsync();
        await using var collector = await OtlpCollector.StartAsync();
        await using var tier = Start(
            kinesis.Url, [], ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Url.AbsoluteUri), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"));
        await tier.ReadyAsync();
        await PutAsync(tier, 3);
        tier.Signal(Signals.Terminate);
        Assert.Equal(0, (await tier.ExitAsync()).Code);

        Assert.Contains("UserRecordsPut{StreamName=events,ShardId=shardId-000000000000} 3", collector.Points);
        Assert.Equal(3, collector.Spans.Count(static s => s.StartsWith("Orleans.Kpl.Http kpl put ", StringComparison.Ordinal)));
        Assert.Equal(3, collector.Spans.Count(static s => s.StartsWith("Orleans.Kpl put events ", StringComparison.Ordinal)));
        Assert.Contains($"service.name={Service}", collector.Resources);
    }

    /// <summary>Records take all that they may, then CloudWatch does not answer: the last upload has the rest of the stop, and no more.</summary>
    [PosixFact]
    public async Task Stop_WhereCloudWatchHangs_EndsWithTheStop()
    {
        using var dead = new DeadEndpoint();
        using var silent = new SilentEndpoint();
        await using var tier = Start(dead.Url, ["--Kpl:Metrics:Sinks=CloudWatch", $"--Kpl:Metrics:EndpointUrl={silent.Url}",
            "--Kpl:StopTimeout=2s", "--Kpl:DrainTimeout=2s", "--Kpl:RecordTtl=1h"]);
        await tier.ReadyAsync();
        Assert.Equal(202, (await tier.PostAsync("/events", Event)).Status);

        tier.Signal(Signals.Terminate);
        var (code, output, log) = await tier.ExitAsync();
        Assert.True(code == 1, string.Join('\n', output.Concat(log)));
        var cut = Assert.Single(log, static l => l.Contains("The last upload of metrics did not end within", StringComparison.Ordinal));
        // Slower machines leave less.
        Assert.Matches(@" within 0\.[0-9] s:", cut);
    }

    /// <summary>Starts a tier that sends to an endpoint.</summary>
    private protected abstract ReadyProcess Start(Uri kinesis, string[] settings, params (string Name, string Value)[] environment);

    private static async Task PutAsync(ReadyProcess tier, int records)
    {
        for (var i = 0; i < records; i++)
            Assert.Equal(200, (await tier.PostAsync("/events/confirmed", Event)).Status);
    }

    private static async Task<LocalKinesisServer> StartKinesisAsync()
    {
        var kinesis = await LocalKinesisServer.StartAsync(new LocalKinesisOptions { Port = 0 });
        await kinesis.Kinesis.CreateStreamAsync("events", 1);
        return kinesis;
    }
}
