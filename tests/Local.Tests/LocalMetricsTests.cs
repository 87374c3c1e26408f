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

    /// <summary>The keys and the region of the tier's own Kinesis endpoint signed for CloudWatch, which knows neither.</summary>
    [PosixFact]
    public async Task CloudWatch_BesideTheOwnEndpoint_IsReachedByTheSettings()
    {
        await using var collector = await Otlp.Tests.OtlpCollector.StartAsync();
        await using var tier = await LocalProcess.StartReadyAsync(
            "--Kpl:Metrics:Sinks=CloudWatchOtlp", $"--Kpl:Metrics:EndpointUrl={collector.Url}", "--Kpl:Kinesis:Region=eu-west-1",
            "--Kpl:Kinesis:AccessKeyId=AKIDOFMINE", "--Kpl:Kinesis:SecretAccessKey=secret");
        Assert.Equal(200, (await tier.PostAsync("/events/confirmed", """{"partition_key":"k","payload":1}""")).Status);
        tier.Signal(Signals.Terminate);
        Assert.Equal(0, (await tier.ExitAsync()).Code);

        Assert.NotEmpty(collector.Requests);
        Assert.All(collector.Requests, static r => Assert.Matches("Credential=AKIDOFMINE/[0-9]{8}/eu-west-1/monitoring/", r.Headers));
    }

    private protected override ReadyProcess Start(Uri kinesis, string[] settings, params (string Name, string Value)[] environment) =>
        LocalProcess.Start(["--http-port", "0", "--kinesis-endpoint", kinesis.AbsoluteUri, .. settings], null, environment);
}
