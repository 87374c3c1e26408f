using System.Globalization;
using System.Text.RegularExpressions;
using Orleans.Kpl.Deploy.Tests;
using Orleans.Kpl.Deploy.Tests.Running;

namespace Orleans.Kpl.Cluster.Tests.Pods;

/// <summary>
/// The silo's program with the environment that the chart renders, and with no setting but that: alone, or confined as its pod is, with another user and a
/// root that is read-only. There is no kubelet, and no network of pods; ports are free ones, because a pod has its own for itself.
/// </summary>
internal sealed partial class PodStandIn(ServerProcess process) : ReadyProcess(process, Ready())
{
    private static readonly string OwnSilo = Checkout.Built("Orleans.Kpl.Host", "Orleans.Kpl.Host.dll");

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
    public static Task<PodStandIn> StartReadyAsync(IEnumerable<(string Name, string Value)> environment, PodLocation place) =>
        ReadyAsync(Start(environment, place));

    /// <summary>As the kubelet does: the signal is for the silo itself, and not for what confines it.</summary>
    public override void Signal(int signal)
    {
        Assert.False(HasExited, $"the pod has ended before: {Log}");
        var children = File.ReadAllText($"/proc/{Id}/task/{Id}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        ServerProcess.Signal(children.Length == 0 ? Id : int.Parse(children[0], CultureInfo.InvariantCulture), signal);
    }

    /// <summary>What is no entry of the log is the runtime's: it tells why it ended the process.</summary>
    public static string LastWords(IReadOnlyList<string> log)
    {
        var told = log.Where(static l => !l.StartsWith('{')).Take(20).ToList();
        return string.Join('\n', told.Count > 0 ? told : log.TakeLast(20));
    }

    protected override void OnReady(Match match)
    {
        Http.BaseAddress = new UriBuilder(Http.BaseAddress!) { Host = "127.0.0.1" }.Uri;
        Admin = match.Groups["admin"].Success ? new Uri(match.Groups["admin"].Value) : null;
    }

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
        @"^ready http=(?<http>https?://0\.0\.0\.0:[0-9]+) silo=[0-9.]+:[0-9]+ gateway=[0-9.]+:[0-9]+"
        + @"(?: admin=(?<admin>https?://127\.0\.0\.1:[0-9]+))?(?: health=http://0\.0\.0\.0:[0-9]+)?(?: dashboard=[^ ]+)?$")]
    private static partial Regex Ready();
}
