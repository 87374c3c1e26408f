using Orleans.Kpl.LocalKinesis;
using Orleans.Kpl.Testing;

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
}
