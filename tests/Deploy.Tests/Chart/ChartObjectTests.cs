using System.Text.RegularExpressions;

namespace Orleans.Kpl.Deploy.Tests;

/// <summary>Rules that every set of values must keep to.</summary>
public sealed class ChartObjectTests
{
    private const string Version = "app.kubernetes.io/version";

    private static readonly string[] PortsOfOnePod = ["11111", "30000"];

    public static TheoryData<string> Sets => GoldenSets.Names;

    [Theory]
    [MemberData(nameof(Sets))]
    public void Pod_MayEndAsLateAsTheSiloTakes(string name)
    {
        var rendered = GoldenSets.Render(name);
        var (grace, env) = (rendered.One("Deployment").Number("spec.template.spec.terminationGracePeriodSeconds"), rendered.Environment);
        Assert.True(grace >= Seconds(env["Kpl__Http__DrainDelay"]) + Seconds(env["Kpl__StopTimeout"]) + 10);
    }

    [Theory]
    [MemberData(nameof(Sets))]
    public void Budget_LeavesOnePodToEvict(string name)
    {
        var rendered = GoldenSets.Render(name);
        var budgets = rendered.Objects.Where(static o => o.Text("kind") == "PodDisruptionBudget").ToList();
        Assert.Equal(rendered.One("Deployment").Number("spec.replicas") > 1 ? 1 : 0, budgets.Count);
        Assert.All(budgets, static b => Assert.Equal((1, "AlwaysAllow", false),
            (b.Number("spec.maxUnavailable"), b.Text("spec.unhealthyPodEvictionPolicy"), b.Has("spec.minAvailable"))));
    }

    [Theory]
    [InlineData("hpa", 2)]
    [InlineData("keda", 3)]
    [InlineData("least", 3)]
    public void Replicas_AreAlwaysSaid(string name, int replicas) =>
        Assert.Equal(replicas, GoldenSets.Render(name).One("Deployment").Number("spec.replicas"));

    [Theory]
    [MemberData(nameof(Sets))]
    public void Services_CarryHttpAlone(string name)
    {
        foreach (var service in GoldenSets.Render(name).Objects.Where(static o => o.Text("kind") == "Service"))
        {
            Assert.Equal(["http"], service.List("spec.ports").Select(static p => p.Text("targetPort")));
            Assert.DoesNotContain(service.List("spec.ports").Select(static p => p.Text("port")), p => PortsOfOnePod.Contains(p));
        }
    }

    [Theory]
    [MemberData(nameof(Sets))]
    public void AddressOfAPod_IsWhatItAdvertises(string name)
    {
        var advertised = GoldenSets.Render(name).Silo.List("env").Single(static e => e.Text("name") == "Kpl__Cluster__AdvertisedAddress");
        Assert.Equal("status.podIP", advertised.Text("valueFrom.fieldRef.fieldPath"));
    }

    /// <summary>Paths that the silo serves, ports that it has, and a program that is in the image.</summary>
    [Theory]
    [MemberData(nameof(Sets))]
    public void ProbesPortsAndPrograms_AreThere(string name)
    {
        var rendered = GoldenSets.Render(name);
        var http = File.ReadAllText(Path.Combine(Checkout.Root, "docs", "http.md"));
        var ports = rendered.Silo.List("ports").ToDictionary(static p => p.Text("name")!, static p => p.Text("containerPort"));
        foreach (var probe in new[] { "livenessProbe", "readinessProbe" })
        {
            Assert.Contains($"`GET {rendered.Silo.Text($"{probe}.httpGet.path")}`", http, StringComparison.Ordinal);
            Assert.Contains(rendered.Silo.Text($"{probe}.httpGet.port")!, ports.Keys);
        }

        var env = rendered.Environment;
        Assert.Equal((env["Kpl__Http__Port"], env["Kpl__Cluster__SiloPort"], env["Kpl__Cluster__GatewayPort"]),
            (ports["http"], ports["silo"], ports["gateway"]));
        var image = File.ReadAllText(Path.Combine(Checkout.Root, "deploy", "docker", "Dockerfile"));
        var programs = rendered.Objects.SelectMany(static o => o.All).SelectMany(static m => m.Texts("command")).Where(static c => c.StartsWith('/'));
        Assert.All(programs, program => Assert.Matches($@"COPY --from=build /out/kpl /app/kpl\b", image));
    }

    [Theory]
    [MemberData(nameof(Sets))]
    public void Selectors_MeetTheSilosPodsAndNoVersion(string name)
    {
        var rendered = GoldenSets.Render(name);
        var pod = rendered.One("Deployment").Map("spec.template.metadata.labels").Pairs;
        var selectors = rendered.Objects.SelectMany(SelectorsOf).ToList();
        Assert.NotEmpty(selectors);
        foreach (var selector in selectors)
        {
            Assert.All(selector, s => Assert.Equal(s.Value, pod[s.Key]));
            Assert.Contains("kpl.orleans/cluster", selector.Keys);
            Assert.DoesNotContain(Version, selector.Keys);
        }

        var others = rendered.Objects.Where(static o => o.Text("kind") == "Pod").Select(static o => o.Map("metadata.labels").Pairs);
        Assert.All(others, labels => Assert.DoesNotContain(selectors, s => s.All(labels.Contains)));
    }

    [Theory]
    [MemberData(nameof(Sets))]
    public void Memory_IsLimitedAndCpuIsNot(string name)
    {
        var rendered = GoldenSets.Render(name);
        var resources = rendered.Silo.Map("resources");
        Assert.Equal(resources.Text("requests.memory"), resources.Text("limits.memory"));
        Assert.False(resources.Has("limits.cpu"));
        Assert.All(rendered.Environment.Where(static e => e.Key.StartsWith("DOTNET_GC", StringComparison.Ordinal)), static e => Assert.Matches("^0x", e.Value!));
    }

    [Theory]
    [MemberData(nameof(Sets))]
    public void NetworkPolicy_ReachesNamesCredentialsAndOtherSilos(string name)
    {
        foreach (var policy in GoldenSets.Render(name).Objects.Where(static o => o.Text("kind") is "NetworkPolicy" or "CiliumNetworkPolicy"))
        {
            var egress = policy.List("spec.egress").SelectMany(static r => r.All).Where(static m => m.Has("port") && m.Has("protocol"))
                .Select(static m => $"{m.Text("protocol")} {m.Text("port")}").ToHashSet();
            Assert.Superset(new HashSet<string> { "UDP 53", "TCP 53", "TCP 443", "TCP 80", "TCP 11111" }, egress);
            var ingress = policy.List("spec.ingress").SelectMany(static r => r.All).Where(static m => m.Has("port")).Select(static m => m.Text("port")).ToHashSet();
            Assert.Superset(new HashSet<string?> { "11111", "30000", "8080" }, ingress);
        }
    }

    [Theory]
    [MemberData(nameof(Sets))]
    public void Pods_HaveNoTokenNoRightsAndNoSecretInClear(string name)
    {
        var rendered = GoldenSets.Render(name);
        var pods = rendered.Objects.Where(static o => o.Text("kind") == "Pod").Select(static o => o.Map("spec"))
            .Append(rendered.One("Deployment").Map("spec.template.spec"));
        foreach (var pod in pods)
        {
            Assert.Equal(("false", "false", "true", "RuntimeDefault"), (pod.Text("automountServiceAccountToken"), pod.Text("enableServiceLinks"),
                pod.Text("securityContext.runAsNonRoot"), pod.Text("securityContext.seccompProfile.type")));
            Assert.All([.. pod.List("containers"), .. pod.List("initContainers")], static c => Assert.Equal(("true", "false", "ALL"), (
                c.Text("securityContext.readOnlyRootFilesystem"), c.Text("securityContext.allowPrivilegeEscalation"),
                Assert.Single(c.Texts("securityContext.capabilities.drop")))));
        }

        Assert.DoesNotContain(rendered.Objects, static o => o.Text("kind") is "Secret" or "Role" or "ClusterRole" or "RoleBinding" or "ClusterRoleBinding");
        Assert.DoesNotContain(rendered.Environment, static e => e.Value is not null && Regex.IsMatch(e.Key, "(?i)secret|password|token"));
    }

    /// <summary>The silo itself takes what the chart sets: nothing is misspelt, and nothing is out of range.</summary>
    [Theory]
    [MemberData(nameof(Sets))]
    public void Environment_IsWhatTheSiloReads(string name)
    {
        var settings = GoldenSets.Render(name).Environment.Where(static e => e.Key.StartsWith("Kpl__", StringComparison.Ordinal))
            .ToDictionary(static e => e.Key["Kpl__".Length..].Replace("__", ":", StringComparison.Ordinal), static e => e.Value);
        Assert.Empty(KplSettings.Read(settings, BacklogHost.ClusterSilo, "Cluster", "DynamoDb", "Http", "Front").Errors);
        Assert.Empty(KplClusterSettings.Read(settings).Errors);
        var known = ValuesSchema.Names.Split('\n');
        Assert.All(settings.Keys.Where(static k => k.StartsWith("Http:", StringComparison.Ordinal)), k => Assert.Contains(k, known));
    }

    /// <summary>Cluster Autoscaler removed no node that had a silo, because a silo has a folder of its node: <c>/tmp</c>.</summary>
    [Theory]
    [InlineData("", "tmp")]
    [InlineData("podAnnotations: {example.com/team: data}", "tmp")]
    [InlineData("extraVolumes: [{name: a, emptyDir: {}}, {name: b, emptyDir: {medium: Memory}}, {name: c, configMap: {name: c}}]", "tmp,a")]
    [InlineData("podAnnotations: {cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes: mine}", "mine")]
    [InlineData("mesh: istio", "tmp,istio-data,workload-socket,credential-socket,workload-certs")]
    [InlineData("mesh: linkerd", "tmp,linkerd-proxy-init-xtables-lock")]
    public void Volumes_OfTheNode_KeepNoNode(string values, string expected)
    {
        var deployment = Helm.Get().Template($"{Chart.Least}{values}\n").One("Deployment");
        Assert.Equal(expected, deployment.Map("spec.template.metadata.annotations").Pairs["cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes"]);
    }

    private static IEnumerable<IReadOnlyDictionary<string, string>> SelectorsOf(YamlMap o) => o.Text("kind") switch
    {
        "Service" => [o.Map("spec.selector").Pairs],
        "Deployment" =>
        [
            o.Map("spec.selector.matchLabels").Pairs,
            .. o.List("spec.template.spec.topologySpreadConstraints").Select(static c => c.Map("labelSelector.matchLabels").Pairs),
        ],
        "PodDisruptionBudget" or "PodMonitor" => [o.Map("spec.selector.matchLabels").Pairs],
        "NetworkPolicy" => [o.Map("spec.podSelector.matchLabels").Pairs],
        "CiliumNetworkPolicy" => [o.Map("spec.endpointSelector.matchLabels").Pairs],
        _ => [],
    };

    private static int Seconds(string? text) => int.Parse(text!.TrimEnd('s'), System.Globalization.CultureInfo.InvariantCulture);
}
