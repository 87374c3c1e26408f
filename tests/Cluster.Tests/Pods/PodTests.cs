using System.Diagnostics;
using System.Text.RegularExpressions;
using Orleans.Kpl.Cluster.Tests.Running;
using Orleans.Kpl.Deploy.Tests.Running;
using Orleans.Kpl.Testing;

namespace Orleans.Kpl.Cluster.Tests.Pods;

/// <summary>
/// The silo's program with the environment that the chart renders: alone, and confined as its pod is, with another user and a root that is read-only.
/// There is no kubelet here, and no network of pods.
/// </summary>
public sealed partial class PodTests(DynamoDbLocal dynamoDb)
{
    private const string Confinement = "/usr/bin/bwrap";

    private static readonly string Silo = Checkout.Built("Orleans.Kpl.Host", "Orleans.Kpl.Host.dll");

    [PosixFact]
    public Task Silo_WithTheChartsEnvironment_IsReadyAndTakesRecords() => RunAsync("dotnet", [Silo]);

    [PosixFact]
    public Task Silo_ConfinedAsItsPod_IsReadyAndTakesRecords()
    {
        Assert.SkipUnless(File.Exists(Confinement), "bubblewrap is not installed");
        return RunAsync(
            Confinement,
            [
                "--unshare-user", "--uid", "1654", "--gid", "1654", "--unshare-ipc", "--unshare-uts", "--die-with-parent", "--ro-bind", "/", "/",
                "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--chdir", "/", "dotnet", Silo,
            ]);
    }

    private async Task RunAsync(string program, string[] arguments)
    {
        await using var cluster = await SiloCluster.CreateAsync(dynamoDb, "none", ["events=1"]);
        var rendered = Helm.Get().Template($$"""
            cluster: {id: {{cluster.Options.Id}}}
            region: us-east-1
            security: open
            config:
              DynamoDb: {ServiceUrl: "{{cluster.Options.DynamoDb.ServiceUrl}}", CreateTables: true}
              Kinesis: {EndpointUrl: "{{cluster.Kinesis.Url}}"}
              Http: {DrainDelay: 1s}
            """);
        var environment = rendered.Environment.Select(static e => (e.Key, e.Value ?? "127.0.0.1"));
        // Other tests have those ports; a pod has them for itself.
        await using var silo = ServerProcess.Start(
            program, [.. arguments, "--Kpl:Http:Port=0", "--Kpl:Cluster:SiloPort=0", "--Kpl:Cluster:GatewayPort=0"], null, environment);

        var ready = await silo.Output.FirstAsync(static _ => true, TestContext.Current.CancellationToken);
        Assert.True(Ready().IsMatch(ready), $"'{ready}', and the log: {silo.Log}");
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{Ready().Match(ready).Groups[1].Value}"), Timeout = Waiting.Long };
        foreach (var probe in new[] { "livenessProbe", "readinessProbe" })
        {
            using var answer = await http.GetAsync(rendered.Silo.Text($"{probe}.httpGet.path"), TestContext.Current.CancellationToken);
            Assert.Equal(200, (int)answer.StatusCode);
        }

        using var records = new StringContent("""[{"partition_key":"k","payload":1}]""", null, "application/json");
        using var put = await http.PostAsync("/streams/events/records?ack=persisted", records, TestContext.Current.CancellationToken);
        Assert.Equal(200, (int)put.StatusCode);
        await TerminateAsync(silo);
        var (code, output, log) = await silo.ExitAsync();
        Assert.StartsWith("drained delivered=1 failed=0 backlog=0", output[^1], StringComparison.Ordinal);
        Assert.Equal(0, code);
        Assert.All(log, static l => Assert.StartsWith("{\"Timestamp\":", l, StringComparison.Ordinal));
    }

    /// <summary>As the kubelet does: the signal is for the silo itself, and not for what confines it.</summary>
    private static async Task TerminateAsync(ServerProcess process)
    {
        var children = await File.ReadAllTextAsync($"/proc/{process.Id}/task/{process.Id}/children", TestContext.Current.CancellationToken);
        var silo = children.Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault() ?? $"{process.Id}";
        using var kill = Process.Start("kill", ["-TERM", silo]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    [GeneratedRegex(@"^ready http=http://0\.0\.0\.0:([0-9]+) silo=127\.0\.0\.1:[0-9]+ gateway=127\.0\.0\.1:[0-9]+$")]
    private static partial Regex Ready();
}
