namespace Orleans.Kpl.Deploy.Tests;

/// <summary>The operator's Prometheus finds the pods, those that end too, and may read what they tell.</summary>
public sealed class ChartMonitorTests
{
    /// <summary>Through a Service it saw no pod that ends, and so nothing of what failed during a drain.</summary>
    [Theory]
    [InlineData("istio")]
    [InlineData("linkerd")]
    public void Monitor_MeetsThePodsAndTheirPort(string name)
    {
        var rendered = GoldenSets.Render(name);
        var (monitor, deployment) = (rendered.One("PodMonitor"), rendered.One("Deployment"));
        Assert.Equal(deployment.Map("spec.selector.matchLabels").Pairs, monitor.Map("spec.selector.matchLabels").Pairs);
        Assert.Equal([deployment.Text("metadata.namespace")!], monitor.Texts("spec.namespaceSelector.matchNames"));
        var endpoint = Assert.Single(monitor.List("spec.podMetricsEndpoints"));
        Assert.Equal("/metrics", endpoint.Text("path"));
        Assert.Equal("8080", Assert.Single(rendered.Silo.List("ports"), p => p.Text("name") == endpoint.Text("port")).Text("containerPort"));
    }

    [Fact]
    public void Closed_IsAskedByTls_WithTheNameOfTheService_AndAKey()
    {
        var rendered = GoldenSets.Render("linkerd");
        var endpoint = Assert.Single(rendered.One("PodMonitor").List("spec.podMetricsEndpoints"));
        var service = rendered.One("Service").Map("metadata").Pairs;
        Assert.Equal(("https", $"{service["name"]}.{service["namespace"]}.svc", "orders-http", "ca.crt"), (
            endpoint.Text("scheme"), endpoint.Text("tlsConfig.serverName"), endpoint.Text("tlsConfig.ca.secret.name"),
            endpoint.Text("tlsConfig.ca.secret.key")));
        Assert.Equal(("Bearer", "orders-prometheus", "key"), (
            endpoint.Text("authorization.type"), endpoint.Text("authorization.credentials.name"), endpoint.Text("authorization.credentials.key")));
    }

    [Fact]
    public void Closed_WithMetricsForEverybody_NeedsNoKey()
    {
        var rendered = Helm.Get().Template(
            GoldenSets.ValuesOf("closed-least") + "podMonitor: {enabled: true}\nconfig: {Http: {OpenMetrics: true}}");
        Assert.Equal("true", rendered.Environment["Kpl__Http__OpenMetrics"]);
        Assert.False(Assert.Single(rendered.One("PodMonitor").List("spec.podMetricsEndpoints")).Has("authorization"));
    }

    [Theory]
    [InlineData("closed-least", "podMonitor: {enabled: true}", "/metrics needs podMonitor.apiKeySecret")]
    [InlineData("closed-least", "podMonitor: {enabled: true, apiKeySecret: {name: a}}", "podMonitor.apiKeySecret.key is not set")]
    [InlineData("least", "podMonitor: {enabled: true, apiKeySecret: {name: a, key: b}}", "has no effect: /metrics is open")]
    public void AMonitorThatCouldReadNothing_IsRefused(string name, string value, string told)
    {
        var run = Helm.Get().Template($"{GoldenSets.ValuesOf(name)}{value}\n");
        Assert.NotEqual(0, run.Code);
        Assert.Contains(told, run.Error, StringComparison.Ordinal);
    }
}
