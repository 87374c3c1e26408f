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
        Assert.Equal(($"11111,30000,{admin}", "11111,30000"), (annotations[inbound], annotations[outbound]));
        // Its control plane is in the cluster, wherever the values say that AWS is.
        var rule = Assert.Single(rendered.One("NetworkPolicy").List("spec.egress"), static r => r.List("to").Any(static t => t.Has("namespaceSelector")));
        Assert.Equal(control.Split(' '), rule.List("ports").Select(static p => p.Text("port")));
    }

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
    public void WithoutAMesh_NothingIsAnnotated() => Assert.False(GoldenSets.Render("least").One("Deployment").Has("spec.template.metadata.annotations"));
}
