namespace Orleans.Kpl.Deploy.Tests;

/// <summary>
/// A sidecar's proxy stays away from the ports that are no HTTP, and from administration, because it dials from loopback; its control plane is reached.
/// </summary>
public sealed class ChartMeshTests
{
    [Theory]
    [InlineData("istio", "traffic.sidecar.istio.io/excludeInboundPorts", "traffic.sidecar.istio.io/excludeOutboundPorts", "15012")]
    [InlineData("linkerd", "config.linkerd.io/skip-inbound-ports", "config.linkerd.io/skip-outbound-ports", "8080 8086 8090")]
    public void Proxy_LeavesTheSilosPortsAndAdministrationAlone(string mesh, string inbound, string outbound, string control)
    {
        var rendered = GoldenSets.Render(mesh);
        var annotations = rendered.One("Deployment").Map("spec.template.metadata.annotations").Pairs;
        var admin = rendered.Environment["Kpl__Http__AdminPort"];
        Assert.Equal(($"11111,30000,{admin}", "11111,30000,443"), (annotations[inbound], annotations[outbound]));
        // Its control plane is in the cluster, wherever the values say that AWS is.
        var rule = Assert.Single(rendered.One("NetworkPolicy").List("spec.egress"), static r => r.List("to").Any(static t => t.Has("namespaceSelector")));
        Assert.Equal(control.Split(' '), rule.List("ports").Select(static p => p.Text("port")));
    }

    /// <summary>Calls to AWS went through the proxy, which ended while the silo still delivered. Where there is no TLS the mesh may bring it.</summary>
    [Fact]
    public void Proxy_LeavesAloneWhatHasTlsOfItsOwn()
    {
        const string Endpoints = "mesh: istio\nconfig: {Kinesis: {EndpointUrl: 'https://kinesis:4568'}, DynamoDb: {ServiceUrl: 'http://dynamo:8000'}}\n";
        Assert.Equal("11111,30000,443,4568", AnnotationsOf(Endpoints)["traffic.sidecar.istio.io/excludeOutboundPorts"]);
    }

    /// <summary>Istio's ended after 5 s, and Linkerd's took no new call from the first moment on, while a silo drained for up to 100 s.</summary>
    [Theory]
    [InlineData("istio", "proxy.istio.io/config", "{\"terminationDrainDuration\":\"25s\"}")]
    [InlineData("linkerd", "config.alpha.linkerd.io/proxy-wait-before-exit-seconds", "25")]
    public void AnOrdinarySidecar_LastsAsLongAsTheSiloMayWorkOn(string mesh, string name, string expected) =>
        Assert.Equal(expected, AnnotationsOf($"mesh: {mesh}\nconfig: {{StopTimeout: 20s, DrainTimeout: 20s, Http: {{DrainDelay: 4500ms}}}}\n")[name]);

    [Theory]
    [InlineData("istio", "proxy.istio.io/config", "terminationDrainDuration: 5s", "{\"terminationDrainDuration\":\"5s\"}")]
    [InlineData("istio", "proxy.istio.io/config", "concurrency: 2", "{\"concurrency\":2,\"terminationDrainDuration\":\"100s\"}")]
    [InlineData("linkerd", "config.alpha.linkerd.io/proxy-wait-before-exit-seconds", "5", "5")]
    public void WhatAUserSaysOfTheProxysEnd_Wins(string mesh, string name, string value, string expected) =>
        Assert.Equal(expected, AnnotationsOf($"mesh: {mesh}\npodAnnotations: {{{name}: \"{value}\"}}\n")[name]);

    [Fact]
    public void WhatAUserAnnotates_StaysBesideIt() =>
        Assert.Equal("data", GoldenSets.Render("istio").One("Deployment").Map("spec.template.metadata.annotations").Pairs["example.com/team"]);

    /// <summary>It was served nowhere without a mesh. Nothing that a pod listens at for itself is in the chart's own ports: only loopback has it.</summary>
    [Theory]
    [InlineData("least", "8081")]
    [InlineData("closed-least", "8081")]
    [InlineData("istio", "8081")]
    [InlineData("linkerd", "9081")]
    public void Administration_HasAPort_WhichIsNoneOfThePod(string name, string expected)
    {
        var rendered = GoldenSets.Render(name);
        var admin = rendered.Environment["Kpl__Http__AdminPort"];
        Assert.Equal(expected, admin);
        Assert.DoesNotContain("Kpl__Http__AdminAddress", rendered.Environment.Keys);
        Assert.DoesNotContain(rendered.Silo.List("ports"), p => p.Text("containerPort") == admin);
        var policy = rendered.One("NetworkPolicy").List("spec.ingress").SelectMany(static r => r.List("ports"));
        Assert.DoesNotContain(policy, p => p.Text("port") == admin);
    }

    [Fact]
    public void WithoutAMesh_NothingOfOneIsAnnotated() =>
        Assert.DoesNotContain(AnnotationsOf("").Keys, static k => k.Contains("istio", StringComparison.Ordinal) || k.Contains("linkerd", StringComparison.Ordinal));

    private static IReadOnlyDictionary<string, string> AnnotationsOf(string values) =>
        Helm.Get().Template(Chart.Least + values).One("Deployment").Map("spec.template.metadata.annotations").Pairs;
}
