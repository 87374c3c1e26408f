using System.Globalization;

namespace Orleans.Kpl.Deploy.Tests;

/// <summary>Silos are added for processors and for memory, never for throttles: more silos have no more shards. They go one by one.</summary>
public sealed class ChartScalingTests
{
    [Fact]
    public void Keda_WithAPrometheus_CountsWhatWaitsInMemory()
    {
        var rendered = GoldenSets.Render("keda");
        var scaled = rendered.One("ScaledObject");
        var trigger = Assert.Single(scaled.List("spec.triggers"), static t => t.Text("type") == "prometheus");
        // The job of a PodMonitor is its namespace and its name.
        var silos = rendered.One("Deployment").Map("metadata").Pairs;
        Assert.Equal($"sum(kpl_outstanding_bytes{{job=\"{silos["namespace"]}/{silos["name"]}\"}})", trigger.Text("metadata.query"));
        var most = long.Parse(rendered.Environment["Kpl__MaxOutstandingBytes"]!, CultureInfo.InvariantCulture);
        Assert.Equal(("AverageValue", most / 2), (trigger.Text("metricType"), long.Parse(trigger.Text("metadata.threshold")!, CultureInfo.InvariantCulture)));
    }

    [Fact]
    public void Keda_WithoutAPrometheus_CountsProcessorsAlone()
    {
        var scaled = Helm.Get().Template(Chart.Least + "autoscaling: {keda: {enabled: true}}").One("ScaledObject");
        Assert.Equal("cpu", Assert.Single(scaled.List("spec.triggers")).Text("type"));
    }

    /// <summary>Records of other silos have as much again, bodies too; the heap gets three quarters of all.</summary>
    [Theory]
    [InlineData("512Mi", 512L << 20)]
    [InlineData("3Gi", 3L << 30)]
    [InlineData("4000000k", 4_000_000_000)]
    public void Records_HaveAnEighthOfTheMemory(string quantity, long bytes)
    {
        var environment = Helm.Get().Template(
            $"{Chart.Least}resources: {{requests: {{memory: {quantity}}}, limits: {{memory: {quantity}}}}}").Environment;
        Assert.Equal(bytes / 8, long.Parse(environment["Kpl__MaxOutstandingBytes"]!, CultureInfo.InvariantCulture));
        Assert.Equal("0x4B", environment["DOTNET_GCHeapHardLimitPercent"]);
    }

    /// <summary>At once where there is more to do; each silo that leaves moves its shards.</summary>
    [Theory]
    [InlineData("hpa", "HorizontalPodAutoscaler", "spec.behavior.scaleDown")]
    [InlineData("keda", "ScaledObject", "spec.advanced.horizontalPodAutoscalerConfig.behavior.scaleDown")]
    public void Silos_LeaveOneByOne(string name, string kind, string path)
    {
        var down = GoldenSets.Render(name).One(kind).Map(path);
        Assert.Equal(900, down.Number("stabilizationWindowSeconds"));
        var policy = Assert.Single(down.List("policies"));
        Assert.Equal(("Pods", 1, 300), (policy.Text("type"), policy.Number("value"), policy.Number("periodSeconds")));
    }
}
