using System.Globalization;
using System.Text.Json;
using Orleans.Kpl.LocalKinesis;

namespace Orleans.Kpl.Host.Tests;

/// <summary>Debian's Prometheus scrapes a silo. Without one the test is skipped.</summary>
public sealed class PrometheusScrapeTests
{
    private const string Program = "/usr/bin/prometheus";
    private const int Records = 7;

    [PosixFact]
    public async Task Prometheus_ThatScrapesASilo_HasItsRecordsByStreamAndShard_AndTheirSum()
    {
        Assert.SkipUnless(File.Exists(Program), "prometheus is not installed: Debian has it in prometheus");
        await using var kinesis = await LocalKinesisServer.StartAsync(new LocalKinesisOptions { Port = 0 });
        await kinesis.Kinesis.CreateStreamAsync("events", 2);
        await using var silo = await SiloProcess.StartReadyAsync($"--Kpl:Kinesis:EndpointUrl={kinesis.Url}");
        for (var i = 0; i < Records; i++)
            Assert.Equal(200, (await silo.PostAsync("/events/confirmed", $$"""{"partition_key":"k{{i}}","payload":{{i}}}""")).Status);

        using var folder = new TemporaryFolder();
        var settings = Path.Combine(folder.Path, "prometheus.yml");
        await File.WriteAllTextAsync(
            settings,
            $"""
            scrape_configs:
              - job_name: kpl
                scrape_interval: 1s
                static_configs:
                  - targets: ['{silo.Http.BaseAddress!.Authority}']
            """,
            TestContext.Current.CancellationToken);
        using var port = new HeldPort();
        await using var prometheus = ServerProcess.Start(
            Program,
            [$"--config.file={settings}", $"--storage.tsdb.path={Path.Combine(folder.Path, "data")}", $"--web.listen-address=127.0.0.1:{port.Number}"],
            folder.Path);
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port.Number}") };

        await Waiting.UntilAsync(async () => await SumAsync(http, "sum by (stream) (kpl_user_records_put_total)") == Records, "the sum of all shards");
        // A scrape that takes longer than its interval leaves nothing behind; the next one has it again.
        await Waiting.UntilAsync(async () => await SumAsync(http, "up{job=\"kpl\"}") == 1);
        await Waiting.UntilAsync(async () => await SumAsync(http, "kpl_open_shards{stream=\"events\"}") == 2);
        await Waiting.UntilAsync(async () => await SumAsync(http, "sum(kpl_buffering_time_seconds_count)") == Records);
    }

    /// <summary>Returns the one value of a query; null before there is one.</summary>
    private static async Task<double?> SumAsync(HttpClient http, string query)
    {
        try
        {
            var text = await http.GetStringAsync($"/api/v1/query?query={Uri.EscapeDataString(query)}", TestContext.Current.CancellationToken);
            var found = JsonDocument.Parse(text).RootElement.GetProperty("data").GetProperty("result").EnumerateArray().ToList();
            return found.Count == 0 ? null : double.Parse(Assert.Single(found).GetProperty("value")[1].GetString()!, CultureInfo.InvariantCulture);
        }
        catch (HttpRequestException)
        {
            // It has not begun to listen.
            return null;
        }
    }
}
