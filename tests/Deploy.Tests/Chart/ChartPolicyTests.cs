namespace Orleans.Kpl.Deploy.Tests;

/// <summary>Who reaches whom by the policy: silos each other and nobody else them; names and credentials from everywhere; HTTP whoever is named.</summary>
public sealed class ChartPolicyTests
{
    private static readonly string[] Silo =
        ["app.kubernetes.io/component=silo", "app.kubernetes.io/instance=rel", "app.kubernetes.io/name=kpl", "kpl.orleans/cluster=orders"];

    private static readonly string[] Test = ["app.kubernetes.io/component=test", "app.kubernetes.io/instance=rel"];

    [Fact]
    public void SiloPort_IsForSilosAlone_InBothDirections()
    {
        var policy = GoldenSets.Render("least").One("NetworkPolicy");
        foreach (var (direction, peers) in new[] { ("spec.ingress", "from"), ("spec.egress", "to") })
            Assert.Equal([Silo], Labels(Assert.Single(Rules(policy, direction, "TCP", "11111")), peers, "podSelector.matchLabels"));
        var cilium = GoldenSets.Render("cilium").One("CiliumNetworkPolicy");
        foreach (var (direction, peers) in new[] { ("spec.ingress", "fromEndpoints"), ("spec.egress", "toEndpoints") })
            Assert.Equal([Silo], Labels(Assert.Single(Rules(cilium, direction, "TCP", "11111")), peers, "matchLabels"));
    }

    [Fact]
    public void Gateways_AreForClientsAlone()
    {
        var least = GoldenSets.Render("least").One("NetworkPolicy");
        Assert.Equal([["kpl.orleans/client=orders"]], Labels(Assert.Single(Rules(least, "spec.ingress", "TCP", "30000")), "from", "podSelector.matchLabels"));
        var cilium = GoldenSets.Render("cilium").One("CiliumNetworkPolicy");
        Assert.Equal([["app=loader"]], Labels(Assert.Single(Rules(cilium, "spec.ingress", "TCP", "30000")), "fromEndpoints", "matchLabels"));
    }

    [Fact]
    public void NamesAndAws_AreReachedWhereverTheyAre_AndCredentialsOnTheNode()
    {
        var policy = GoldenSets.Render("least").One("NetworkPolicy");
        foreach (var (protocol, port) in new[] { ("UDP", "53"), ("TCP", "53"), ("TCP", "443") })
            Assert.False(Assert.Single(Rules(policy, "spec.egress", protocol, port)).Has("to"), $"{protocol} {port}");
        var credentials = Assert.Single(Rules(policy, "spec.egress", "TCP", "80"));
        Assert.Equal(["169.254.170.23/32", "fd00:ec2::23/128"], credentials.List("to").Select(static t => t.Text("ipBlock.cidr")));
    }

    /// <summary>Who takes over a silo reaches whatever has these ports, unless the values say where they are.</summary>
    [Fact]
    public void NamesAndAws_AreReachedOnlyWhereTheyAreNamed()
    {
        var policy = GoldenSets.Render("peers").One("NetworkPolicy");
        foreach (var protocol in (string[])["UDP", "TCP"])
            Assert.Equal([["k8s-app=kube-dns"]], Labels(Assert.Single(Rules(policy, "spec.egress", protocol, "53")), "to", "podSelector.matchLabels"));
        var aws = Assert.Single(Rules(policy, "spec.egress", "TCP", "443"));
        Assert.Equal(["10.0.0.0/16", "fd00:10::/32"], aws.List("to").Select(static t => t.Text("ipBlock.cidr")));

        var cilium = GoldenSets.Render("cilium").One("CiliumNetworkPolicy");
        Assert.Equal([["k8s-app=kube-dns"]], Labels(Assert.Single(Rules(cilium, "spec.egress", "UDP", "53")), "toEndpoints", "matchLabels"));
        Assert.Equal(["10.0.0.0/16"], Assert.Single(Rules(cilium, "spec.egress", "TCP", "443")).Texts("toCIDR"));
    }

    /// <summary>KPL's spellings of a port were dialled, and no rule had them.</summary>
    [Fact]
    public void EveryEndpointThatIsNamed_IsReached()
    {
        var rendered = GoldenSets.Render("endpoints");
        var ports = rendered.One("NetworkPolicy").List("spec.egress").Single(static r => !r.Has("to") && r.List("ports").Count > 2).List("ports");
        Assert.Equal(["443", "4567", "4568", "4570", "8000", "8126", "9443"], ports.Select(static p => p.Text("port")).Order(StringComparer.Ordinal));
    }

    /// <summary>The silo takes the scheme in any letters.</summary>
    [Fact]
    public void AnEndpointWhoseSchemeIsInCapitals_IsReached()
    {
        var rendered = Helm.Get().Template(Chart.Least + "config: {Kinesis: {EndpointUrl: 'HTTPS://kinesis:4567'}}");
        Assert.NotEmpty(Rules(rendered.One("NetworkPolicy"), "spec.egress", "TCP", "4567"));
    }

    /// <summary>The runbook restores tables under another prefix, and the chart had its own over what the values said.</summary>
    [Fact]
    public void TablesOfAnotherPrefix_AreThoseOfTheSilos_AndOfTheNotes()
    {
        var values = GoldenSets.ValuesOf("least") + "\nconfig: {DynamoDb: {TablePrefix: restored-}}\n";
        Assert.Equal("restored-", Helm.Get().Template(values).Environment["Kpl__DynamoDb__TablePrefix"]);
        Assert.Contains("restored-silos, restored-state and restored-backlog", Helm.Get().Notes(values), StringComparison.Ordinal);
        Assert.Equal("orders-", GoldenSets.Render("least").Environment["Kpl__DynamoDb__TablePrefix"]);
    }

    /// <summary>The kubelet's node is let in by every policy; of others nobody fills the port of probes.</summary>
    [Theory]
    [InlineData("least")]
    [InlineData("closed")]
    [InlineData("cilium")]
    public void Probes_HaveAPortThatNobodyElseReaches(string name)
    {
        var rendered = GoldenSets.Render(name);
        var port = rendered.Environment["Kpl__Http__HealthPort"]!;
        Assert.Equal(port, rendered.Silo.List("ports").Single(static p => p.Text("name") == "health").Text("containerPort"));
        foreach (var probe in (string[])["livenessProbe", "readinessProbe"])
            Assert.Equal(("health", null), (rendered.Silo.Text($"{probe}.httpGet.port"), rendered.Silo.Text($"{probe}.httpGet.scheme")));
        var rules = Rules(rendered.One(name == "cilium" ? "CiliumNetworkPolicy" : "NetworkPolicy"), "spec.ingress", "TCP", port);
        if (name == "cilium")
            Assert.Equal(["host"], Assert.Single(rules).Texts("fromEntities"));
        else
            Assert.Empty(rules);
    }

    /// <summary>Otherwise <c>helm test</c> would fail of every release whose HTTP is for some only.</summary>
    [Theory]
    [InlineData("peers", "NetworkPolicy", "from", "podSelector.matchLabels")]
    [InlineData("cilium", "CiliumNetworkPolicy", "fromEndpoints", "matchLabels")]
    public void Http_IsForWhomIsNamed_AndForTheTestOfTheRelease(string name, string kind, string peers, string labels)
    {
        var rendered = GoldenSets.Render(name);
        var rule = Rules(rendered.One(kind), "spec.ingress", "TCP", "8080").First(r => r.Has(peers));
        Assert.Equal(2, rule.List(peers).Count);
        Assert.Contains(Test, Labels(rule, peers, labels));
        var pod = rendered.One("Pod").Map("metadata.labels").Pairs;
        Assert.All(Test, l => Assert.Equal(l.Split('=')[1], pod[l.Split('=')[0]]));
    }

    private static IReadOnlyList<YamlMap> Rules(YamlMap policy, string direction, string protocol, string port) =>
        [.. policy.List(direction).Where(r => r.All.Any(m => m.Text("port") == port && m.Text("protocol") == protocol))];

    private static IReadOnlyList<string[]> Labels(YamlMap rule, string peers, string labels) =>
        [
            .. rule.List(peers).Where(p => p.Has(labels)).Select(
                p => p.Map(labels).Pairs.Select(static l => $"{l.Key}={l.Value}").Order(StringComparer.Ordinal).ToArray()),
        ];
}
