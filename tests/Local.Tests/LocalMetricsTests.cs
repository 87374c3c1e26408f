using Orleans.Kpl.Local.Tests.Running;

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

    [Fact]
    public async Task Metrics_WithoutTheSink_AreNotServed()
    {
        await using var tier = await LocalProcess.StartReadyAsync("--stream", "events=1", "--Kpl:Metrics:Sinks=none");
        using var response = await tier.Http.GetAsync("/metrics", TestContext.Current.CancellationToken);
        Assert.Equal(404, (int)response.StatusCode);
    }
}
