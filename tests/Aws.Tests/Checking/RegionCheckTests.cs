using Orleans.Kpl.Aws.Checking;
using Orleans.Kpl.Aws.Tests.Serving;

namespace Orleans.Kpl.Aws.Tests.Checking;

/// <summary>What a check says of a region that AWS does not have.</summary>
public sealed class RegionCheckTests
{
    /// <summary>AWS's SDK lists every region that it was asked for once: by then the misspelt one was its own nearest.</summary>
    [Theory]
    [InlineData("us-esat-1", "us-east-1")]
    [InlineData("eu-sentral-1", "eu-central-1")]
    public async Task Check_WhereTheRegionIsMisspelt_NamesTheNearest(string region, string nearest)
    {
        using var proxy = new DeadEndpoint();
        KplOptions options = new() { Kinesis = { Region = region, AccessKeyId = "AKID", SecretAccessKey = "s" } };

        var report = await KinesisCheck.RunAsync(
            options, [], [], Gateways.EnvironmentOf(("HTTPS_PROXY", proxy.Url.AbsoluteUri)), TimeProvider.System, TestContext.Current.CancellationToken)
            .WaitAsync(Waiting.Long, TestContext.Current.CancellationToken);

        var line = Assert.Single(report.Lines, static l => l.Name == "region");
        Assert.Equal((KplCheckStatus.NotChecked, $"if it is misspelt: the nearest is {nearest}"), (line.Status, line.Advice));
    }
}
