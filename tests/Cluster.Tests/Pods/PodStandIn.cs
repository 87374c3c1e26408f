using System.Text.RegularExpressions;
using Orleans.Kpl.Deploy.Tests;
using Orleans.Kpl.Deploy.Tests.Running;

namespace Orleans.Kpl.Cluster.Tests.Pods;

/// <summary>
/// The silo's program with the environment that the chart renders, and with no setting but that: alone, or confined as its pod is, with another user and a
/// root that is read-only. There is no kubelet, and no network of pods; ports are free ones, because a pod has its own for itself.
/// </summary>
internal sealed partial class PodStandIn : IAsyncDisposable
{
    private static readonly string OwnSilo = Checkout.Built("Orleans.Kpl.Host", "Orleans.Kpl.Host.dll");

    private PodStandIn(ServerProcess process) => Process = process;

    public ServerProcess Process { get; }

    /// <summary>The address of its HTTP, once it is ready.</summary>
    public Uri Http { get; private set; } = null!;

    /// <summary>The address of its administration, once it is ready; null for none.</summary>
    public Uri? Admin { get; private set; }

    /// <summary>Renders the chart for a cluster of tests.</summary>
    /// <param name="cluster">The cluster; it starts no silo itself.</param>
    /// <param name="config">Lines of the value <c>config</c>, without those that say where Kinesis and DynamoDB are.</param>
    public static HelmRun Render(SiloCluster cluster, params IEnumerable<string> config) => RenderOf(Chart.Folder, cluster, config);

    /// <summary>Renders a chart, with other values too.</summary>
    public static HelmRun RenderOf(string chart, SiloCluster cluster, IEnumerable<string> config, string more = "security: open") =>
        Helm.Get().TemplateOf(
            chart, $$"""
            cluster: {id: {{cluster.Options.Id}}}
            region: us-east-1
            config:
              DynamoDb: {ServiceUrl: "{{cluster.Options.DynamoDb.ServiceUrl}}", CreateTables: true}
              Kinesis: {EndpointUrl: "{{cluster.Kinesis.Url}}"}
            {{string.Concat(config.Select(static l => $"  {l}\n"))}}
            {{more}}
            """);

    /// <summary>Starts the program; it need not become ready.</summary>
    public static PodStandIn Start(HelmRun rendered, PodLocation? place = null) => Start(EnvironmentOf(rendered), place ?? new PodLocation());

    /// <summary>Starts the program and waits until it says that it is ready.</summary>
    public static Task<PodStandIn> StartReadyAsync(HelmRun rendered, PodLocation? place = null) =>
        StartReadyAsync(EnvironmentOf(rendered), place ?? new PodLocation());

    /// <summary>Starts the program as another kind of container.</summary>
    public static async Task<PodStandIn> StartReadyAsync(IEnumerable<(string Name, string Value)> environment, PodLocation place)
    {
        var pod = Start(environment, place);
        try
        {
            await pod.ReadyAsync();
            return pod;
        }
        catch
        {
            await pod.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits for the line that says where everything is.</summary>
    public async Task ReadyAsync()
    {
        var ready = await Process.Output.FirstAsync(static _ => true, TestContext.Current.CancellationToken);
        var match = Ready().Match(ready);
        Assert.True(match.Success, $"'{ready}', and the log: {Process.Log}");
        Http = new Uri($"{match.Groups[1].Value}://127.0.0.1:{match.Groups[2].Value}");
        Admin = match.Groups[3].Success ? new Uri(match.Groups[3].Value) : null;
    }

    /// <summary>As the kubelet does: the signal is for the silo itself, and not for what confines it.</summary>
    public async Task SignalAsync(int signal)
    {
        if (Process.HasExited)
        {
            var (code, _, log) = await Process.ExitAsync();
            Assert.Fail($"the pod has ended before, with {code}: {LastWords(log)}");
        }

        var children = await File.ReadAllTextAsync($"/proc/{Process.Id}/task/{Process.Id}/children", TestContext.Current.CancellationToken);
        var silo = children.Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault() ?? $"{Process.Id}";
        using var kill = System.Diagnostics.Process.Start("kill", [$"-{signal}", silo]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>What is no entry of the log is the runtime's: it tells why it ended the process.</summary>
    public static string LastWords(IReadOnlyList<string> log)
    {
        var told = log.Where(static l => !l.StartsWith('{')).Take(20).ToList();
        return string.Join('\n', told.Count > 0 ? told : log.TakeLast(20));
    }

    public ValueTask DisposeAsync() => Process.DisposeAsync();

    private static PodStandIn Start(IEnumerable<(string Name, string Value)> environment, PodLocation place)
    {
        var silo = place.Silo ?? OwnSilo;
        // The runtime reads the limit when it begins, so the process joins before.
        string[] joining = place.Memory is null ? [] : ["/bin/sh", "-c", $"echo $$ > {place.Memory.Members} && exec \"$@\"", "sh"];
        // A free port instead of the chart's; a build that has no such port is not told of one.
        var own = ((string[])["AdminPort", "HealthPort"]).Where(p => environment.Any(e => e.Name == $"Kpl__Http__{p}")).Select(static p => $"--Kpl:Http:{p}=0");
        string[] command =
        [
            .. joining, .. place.IsConfined ? PodConfinement.Command(Path.GetDirectoryName(silo)!, place.Secrets) : [], "dotnet", silo,
            $"--Kpl:Http:Port={place.HttpPort}", "--Kpl:Cluster:SiloPort=0", "--Kpl:Cluster:GatewayPort=0", .. own,
        ];
        return new PodStandIn(ServerProcess.Start(command[0], command[1..], null, environment));
    }

    /// <summary>What the kubelet fills in is the address of the pod.</summary>
    private static IEnumerable<(string Name, string Value)> EnvironmentOf(HelmRun rendered) =>
        rendered.Environment.Select(static e => (e.Key, e.Value ?? "127.0.0.1"));

    [GeneratedRegex(
        @"^ready http=(https?)://0\.0\.0\.0:([0-9]+) silo=[0-9.]+:[0-9]+ gateway=[0-9.]+:[0-9]+"
        + @"(?: admin=(https?://127\.0\.0\.1:[0-9]+))?(?: health=http://0\.0\.0\.0:[0-9]+)?(?: dashboard=[^ ]+)?$")]
    private static partial Regex Ready();
}
