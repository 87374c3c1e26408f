namespace Orleans.Kpl.Local.Tests;

public sealed class LocalMetricsTests : Host.Tests.MetricsSuite
{
    private protected override string Service => "orleans-kpl-local";

    [Fact]
    public async Task Metrics_WithoutTheSink_AreNotServed()
    {
        await using var tier = await LocalProcess.StartReadyAsync("--stream", "events=1", "--Kpl:Metrics:Sinks=none");
        using var response = await tier.Http.GetAsync("/metrics", TestContext.Current.CancellationToken);
        Assert.Equal(404, (int)response.StatusCode);
    }

    private protected override ReadyProcess Start(Uri kinesis, string[] settings, params (string Name, string Value)[] environment) =>
        LocalProcess.Start(["--http-port", "0", "--kinesis-endpoint", kinesis.AbsoluteUri, .. settings], null, environment);
}
