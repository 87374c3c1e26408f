namespace Orleans.Kpl.Deploy.Tests;

/// <summary>What a roll keeps to, whatever the values: one silo more and none fewer; probes are soon about readiness, and late about life.</summary>
public sealed class ChartRollTests
{
    public static TheoryData<string> Sets => GoldenSets.Names;

    [Theory]
    [MemberData(nameof(Sets))]
    public void Roll_AddsOneSilo_BeforeItTakesOneAway(string name)
    {
        var deployment = GoldenSets.Render(name).One("Deployment");
        Assert.Equal(("RollingUpdate", 1, 0, 30), (
            deployment.Text("spec.strategy.type"), deployment.Number("spec.strategy.rollingUpdate.maxSurge"),
            deployment.Number("spec.strategy.rollingUpdate.maxUnavailable"), deployment.Number("spec.minReadySeconds")));
        // Joining alone may take five minutes.
        Assert.True(deployment.Number("spec.progressDeadlineSeconds") > 300 + deployment.Number("spec.minReadySeconds"));
    }

    [Theory]
    [MemberData(nameof(Sets))]
    public void Probes_AskForReadinessOften_AndForLifePatiently(string name)
    {
        var silo = GoldenSets.Render(name).Silo;
        Assert.Equal(("/health/live", 10, 6), (
            silo.Text("livenessProbe.httpGet.path"), silo.Number("livenessProbe.periodSeconds"), silo.Number("livenessProbe.failureThreshold")));
        Assert.Equal(("/health/ready", 2, 3), (
            silo.Text("readinessProbe.httpGet.path"), silo.Number("readinessProbe.periodSeconds"), silo.Number("readinessProbe.failureThreshold")));
        // Live is answered before joining begins, so nothing has to wait for a start.
        Assert.False(silo.Has("startupProbe"));
    }
}
