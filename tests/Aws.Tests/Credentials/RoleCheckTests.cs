using Orleans.Kpl.Aws.Checking;
using Orleans.Kpl.Aws.Tests.Serving;

namespace Orleans.Kpl.Aws.Tests.Credentials;

/// <summary>What a check says of a stream that names a role.</summary>
public sealed class RoleCheckTests
{
    private const string Role = "arn:aws:iam::123456789012:role/writer";

    [Theory]
    [InlineData(false, false, "role " + Role + " cannot be assumed: ", "there are some from settings; Kinesis did not tell whether it accepts them")]
    [InlineData(true, true, "Kinesis refuses those from role " + Role + ": UnrecognizedClientException", "STS accepts those from settings")]
    [InlineData(true, false, "Kinesis accepts those from role " + Role, "STS accepts those from settings")]
    public async Task Check_TellsOfRoleAndCallerApart(bool isAssumed, bool isRefused, string ofRole, string ofProcess)
    {
        await using var sts = isAssumed ? Sts.Giving("ROLE", DateTimeOffset.UtcNow.AddHours(1)) : Sts.Denying();
        await using var kinesis = WireServer.Answering(400, isRefused ? """{"__type":"UnrecognizedClientException"}""" : """{"__type":"AccessDeniedException"}""");
        KplOptions options = new() { Kinesis = { EndpointUrl = kinesis.Address, Region = "eu-west-1", AccessKeyId = "AKID", SecretAccessKey = "s" } };
        options.ForStream("events", static s => s.RoleArn = Role);
        var environment = Gateways.EnvironmentOf(("AWS_ENDPOINT_URL_STS", sts.Address.AbsoluteUri));

        var report = await KinesisCheck.RunAsync(options, [], ["events"], environment, TimeProvider.System, TestContext.Current.CancellationToken);

        var lines = report.Lines.Where(static l => l.Name == "credentials").ToLookup(static l => l.Stream);
        Assert.StartsWith(ofRole, Assert.Single(lines["events"]).Message, StringComparison.Ordinal);
        Assert.Equal(isAssumed && !isRefused ? KplCheckStatus.Passed : KplCheckStatus.Failed, lines["events"].Single().Status);
        Assert.Equal(ofProcess, Assert.Single(lines[null]).Message);
    }
}
