namespace Orleans.Kpl.Cluster.Tests.Pods;

/// <summary>The silo as the chart's pod.</summary>
public sealed class PodTests(DynamoDbLocal dynamoDb)
{
    [PosixFact]
    public Task Silo_WithTheChartsEnvironment_IsReadyAndTakesRecords() => RunAsync(new PodLocation());

    [PosixFact]
    public Task Silo_ConfinedAsItsPod_IsReadyAndTakesRecords()
    {
        PodConfinement.Need();
        return RunAsync(new PodLocation(IsConfined: true));
    }

    private async Task RunAsync(PodLocation place)
    {
        await using var cluster = await SiloCluster.CreateAsync(dynamoDb, "none", ["events=1"]);
        var rendered = PodStandIn.Render(cluster, "Http: {DrainDelay: 1s}");
        await using var silo = await PodStandIn.StartReadyAsync(rendered, place);
        foreach (var probe in new[] { "livenessProbe", "readinessProbe" })
        {
            using var answer = await silo.Http.GetAsync(rendered.Silo.Text($"{probe}.httpGet.path"), TestContext.Current.CancellationToken);
            Assert.Equal(200, (int)answer.StatusCode);
        }

        Assert.Equal(200, (await silo.PostAsync("/streams/events/records?ack=persisted", """[{"partition_key":"k","payload":1}]""")).Status);
        silo.Signal(Signals.Terminate);
        var (code, output, log) = await silo.ExitAsync();
        Assert.StartsWith("drained delivered=1 failed=0 backlog=0", output[^1], StringComparison.Ordinal);
        Assert.Equal(0, code);
        Assert.All(log, static l => Assert.StartsWith("{\"Timestamp\":", l, StringComparison.Ordinal));
    }
}
