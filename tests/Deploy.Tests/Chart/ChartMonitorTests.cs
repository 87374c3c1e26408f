namespace Orleans.Kpl.Deploy.Tests;

/// <summary>The operator's Prometheus finds the pods through the Service, and may read what they tell.</summary>
public sealed class ChartMonitorTests
{
    [Theory]
    [InlineData("istio")]
    [InlineData("linkerd")]
    public void Monitor_MeetsTheServiceAndItsPort(string name)
    {
        var rendered = GoldenSets.Render(name);
        var (monitor, service) = (rendered.One("ServiceMonitor"), rendered.One("Service"));
        var labels = service.Map("metadata.labels").Pairs;
        var selector = monitor.Map("spec.selector.matchLabels").Pairs;
        Assert.All(selector, s => Assert.Equal(s.Value, labels[s.Key]));
        Assert.DoesNotContain("app.kubernetes.io/version", selector.Keys);
        Assert.Equal([service.Text("metadata.namespace")!], monitor.Texts("spec.namespaceSelector.matchNames"));
        var endpoint = Assert.Single(monitor.List("spec.endpoints"));
        Assert.Equal("/metrics", endpoint.Text("path"));
        Assert.Contains(service.List("spec.ports"), p => p.Text("name") == endpoint.Text("port"));
    }

    [Fact]
    public void Closed_IsAskedByTls_WithTheNameOfTheService_AndAKey()
    {
        var rendered = GoldenSets.Render("linkerd");
        var endpoint = Assert.Single(rendered.One("ServiceMonitor").List("spec.endpoints"));
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
            GoldenSets.ValuesOf("closed-least") + "serviceMonitor: {enabled: true}\nconfig: {Http: {OpenMetrics: true}}");
        Assert.Equal("true", rendered.Environment["Kpl__Http__OpenMetrics"]);
        Assert.False(Assert.Single(rendered.One("ServiceMonitor").List("spec.endpoints")).Has("authorization"));
    }

    [Theory]
    [InlineData("closed-least", "serviceMonitor: {enabled: true}", "/metrics needs serviceMonitor.apiKeySecret")]
    [InlineData("closed-least", "serviceMonitor: {enabled: true, apiKeySecret: {name: a}}", "serviceMonitor.apiKeySecret.key is not set")]
    [InlineData("least", "serviceMonitor: {enabled: true, apiKeySecret: {name: a, key: b}}", "has no effect: /metrics is open")]
    public void AMonitorThatCouldReadNothing_IsRefused(string name, string value, string told)
    {
        var run = Helm.Get().Template($"{GoldenSets.ValuesOf(name)}{value}\n");
        Assert.NotEqual(0, run.Code);
        Assert.Contains(told, run.Error, StringComparison.Ordinal);
    }
}
