using System.Net;

namespace Orleans.Kpl.Cluster.Tests.Pods;

/// <summary>
/// The silo as the chart's pod: the kubelet's probes see that it is alive before it joins, and ready as soon as it says so. It takes records and stops.
/// </summary>
public sealed class PodProbeTests
{
    [PosixFact]
    public async Task Pod_IsAliveBeforeItJoins_ReadyAsSoonAsItSaysSo_AndTakesRecords()
    {
        await using var dynamoDb = DynamoDbLocal.InFiles();
        await using var cluster = await SiloCluster.CreateAsync(dynamoDb, "none", ["events=1"]);
        var rendered = PodStandIn.Render(cluster, "Http: {DrainDelay: 1s}");
        using var port = new HeldPort();
        var number = port.Number;
        // Who joins asks the table of members first: it does not answer.
        dynamoDb.Freeze();
        await using var pod = PodStandIn.Start(rendered, PodLocation.Default with { HttpPort = number });
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{number}"), Timeout = Waiting.Long };

        await Waiting.UntilAsync(async () => await StatusAsync(http, rendered.Silo.Text("livenessProbe.httpGet.path")!) == HttpStatusCode.OK, "alive");
        var ready = rendered.Silo.Text("readinessProbe.httpGet.path")!;
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await StatusAsync(http, ready));
        dynamoDb.Thaw();
        await pod.ReadyAsync();

        // However soon the probe asks after that line.
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(http, ready));
        // Administration is where the runbook asks, and nowhere else.
        using var admin = new HttpClient { BaseAddress = pod.Admin, Timeout = Waiting.Long };
        Assert.Equal(
            (HttpStatusCode.OK, HttpStatusCode.Forbidden), (await StatusAsync(admin, "/admin/silos"), await StatusAsync(http, "/admin/silos")));
        Assert.Equal(200, (await pod.PostAsync("/streams/events/records?ack=persisted", """[{"partition_key":"k","payload":1}]""")).Status);
        pod.Signal(Signals.Terminate);
        var (code, output, log) = await pod.ExitAsync();
        Assert.StartsWith("drained delivered=1 failed=0 backlog=0", output[^1], StringComparison.Ordinal);
        Assert.Equal(0, code);
        Assert.All(log, static l => Assert.StartsWith("{\"Timestamp\":", l, StringComparison.Ordinal));
    }

    /// <summary>The status of an answer; 0 where nobody listens.</summary>
    private static async Task<HttpStatusCode> StatusAsync(HttpClient http, string path)
    {
        try
        {
            using var answer = await http.GetAsync(path, TestContext.Current.CancellationToken);
            return answer.StatusCode;
        }
        catch (HttpRequestException)
        {
            return 0;
        }
    }
}
