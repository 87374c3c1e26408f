using System.Diagnostics;
using System.Text.RegularExpressions;
using Orleans.Kpl.Cluster.Tests.Running;
using Orleans.Kpl.Deploy.Tests.Running;
using Orleans.Kpl.Testing;

namespace Orleans.Kpl.Cluster.Tests.Pods;

/// <summary>
/// The silo's program with the environment that the chart renders, and with no setting but that: alone, or confined as its pod is, with another user and a
/// root that is read-only. There is no kubelet, and no network of pods; ports are free ones, because a pod has its own for itself.
/// </summary>
internal sealed partial class PodStandIn : IAsyncDisposable
{
    private const string Confinement = "/usr/bin/bwrap";

    private static readonly string Silo = Checkout.Built("Orleans.Kpl.Host", "Orleans.Kpl.Host.dll");

    private PodStandIn(ServerProcess process) => Process = process;

    /// <summary>Whether this machine can confine a process as a pod is.</summary>
    public static bool CanConfine => File.Exists(Confinement);

    public ServerProcess Process { get; }

    /// <summary>The address of its HTTP, once it is ready.</summary>
    public Uri Http { get; private set; } = null!;

    /// <summary>Renders the chart for a cluster of tests.</summary>
    /// <param name="cluster">The cluster; it starts no silo itself.</param>
    /// <param name="config">Lines of the value <c>config</c>, without those that say where Kinesis and DynamoDB are.</param>
    public static HelmRun Render(SiloCluster cluster, params IEnumerable<string> config) => Helm.Get().Template(
        $$"""
        cluster: {id: {{cluster.Options.Id}}}
        region: us-east-1
        security: open
        config:
          DynamoDb: {ServiceUrl: "{{cluster.Options.DynamoDb.ServiceUrl}}", CreateTables: true}
          Kinesis: {EndpointUrl: "{{cluster.Kinesis.Url}}"}
        {{string.Concat(config.Select(static l => $"  {l}\n"))}}
        """);

    /// <summary>Starts the program; it need not become ready.</summary>
    public static PodStandIn Start(HelmRun rendered, bool isConfined = false)
    {
        string[] confinement =
        [
            "--unshare-user", "--uid", "1654", "--gid", "1654", "--unshare-ipc", "--unshare-uts", "--die-with-parent", "--ro-bind", "/", "/",
            "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--chdir", "/", "dotnet",
        ];
        // What the kubelet fills in is the address of the pod.
        var environment = rendered.Environment.Select(static e => (e.Key, e.Value ?? "127.0.0.1"));
        return new PodStandIn(ServerProcess.Start(
            isConfined ? Confinement : "dotnet",
            [.. isConfined ? confinement : [], Silo, "--Kpl:Http:Port=0", "--Kpl:Cluster:SiloPort=0", "--Kpl:Cluster:GatewayPort=0"], null, environment));
    }

    /// <summary>Starts the program and waits until it says that it is ready.</summary>
    public static async Task<PodStandIn> StartReadyAsync(HelmRun rendered, bool isConfined = false)
    {
        var pod = Start(rendered, isConfined);
        try
        {
            var ready = await pod.Process.Output.FirstAsync(static _ => true, TestContext.Current.CancellationToken);
            Assert.True(Ready().IsMatch(ready), $"'{ready}', and the log: {pod.Process.Log}");
            pod.Http = new Uri($"http://127.0.0.1:{Ready().Match(ready).Groups[1].Value}");
            return pod;
        }
        catch
        {
            await pod.DisposeAsync();
            throw;
        }
    }

    /// <summary>As the kubelet does: the signal is for the silo itself, and not for what confines it.</summary>
    public async Task SignalAsync(int signal)
    {
        var children = await File.ReadAllTextAsync($"/proc/{Process.Id}/task/{Process.Id}/children", TestContext.Current.CancellationToken);
        var silo = children.Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault() ?? $"{Process.Id}";
        using var kill = System.Diagnostics.Process.Start("kill", [$"-{signal}", silo]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    public ValueTask DisposeAsync() => Process.DisposeAsync();

    [GeneratedRegex(@"^ready http=http://0\.0\.0\.0:([0-9]+) silo=127\.0\.0\.1:[0-9]+ gateway=127\.0\.0\.1:[0-9]+$")]
    private static partial Regex Ready();
}
