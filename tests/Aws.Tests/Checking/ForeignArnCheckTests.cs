using Orleans.Kpl.Aws.Checking;
using Orleans.Kpl.Aws.Tests.Serving;

namespace Orleans.Kpl.Aws.Tests.Checking;

/// <summary>What a check says of an ARN that the client refuses before it sends anything.</summary>
public sealed class ForeignArnCheckTests
{
    [Fact]
    public async Task Check_WhereTheArnIsOfAnotherRegion_BlamesTheStreamAlone()
    {
        // An endpoint on this machine takes ARNs of every region.
        await using var proxy = WireServer.Answering(200, "");
        KplOptions options = new() { Kinesis = { Region = "eu-west-1", AccessKeyId = "AKID", SecretAccessKey = "s" } };
        var environment = Gateways.EnvironmentOf(("HTTP_PROXY", proxy.Address.AbsoluteUri), ("AWS_ENDPOINT_URL", "http://kinesis.example"));

        var report = await KinesisCheck.RunAsync(
            options, [], ["arn:aws:kinesis:us-east-1:000000000000:stream/events"], environment, TimeProvider.System, TestContext.Current.CancellationToken);

        var failed = Assert.Single(report.Lines, static l => l.Status == KplCheckStatus.Failed);
        Assert.Equal("stream", failed.Name);
        Assert.Contains("us-east-1", failed.Message, StringComparison.Ordinal);
    }
}
