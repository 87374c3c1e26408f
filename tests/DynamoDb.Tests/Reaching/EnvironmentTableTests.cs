using Orleans.Kpl.Aws;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.Glue;
using Orleans.Kpl.Aws.Tests.Serving;
using Orleans.Kpl.Aws.Transport;
using Orleans.Kpl.DynamoDb.State;
using Orleans.Kpl.Metrics.CloudWatch;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.DynamoDb.Tests.Reaching;

/// <summary>What AWS's environment says, and every client of ours: a cell is a call, and a socket that sees where it went.</summary>
public sealed class EnvironmentTableTests
{
    private static readonly Uri Ours = new("http://ours.example");

    public static IEnumerable<TheoryDataRow<string, string>> Cells =>
        from row in EnvironmentRow.All
        from service in (string[])["Kinesis", "CloudWatch", "Glue", "DynamoDB", "STS"]
        where !row.HasSetting || service != "STS"
        select new TheoryDataRow<string, string>(row.Name, service);

    [Theory]
    [MemberData(nameof(Cells))]
    public async Task Call_GoesWhereTheEnvironmentSays(string rowName, string service)
    {
        var row = EnvironmentRow.All.Single(r => r.Name == rowName);
        await using var witness = new Witness { NeedsLogin = row.Goes.Contains('@', StringComparison.Ordinal) };
        using var folder = new TemporaryFolder();
        var variables = row.For(service, witness, folder.Write("config", row.ConfigFor(witness)));
        var environment = new AwsEnvironment(n => variables.GetValueOrDefault(n), null);
        var failure = await Record.ExceptionAsync(() => CallAsync(service, environment, row.HasSetting));
        Assert.NotNull(failure);
        var seen = await witness.TakeAsync(row.Goes.Length > 0);
        Assert.True(row.Expected(service) == seen, $"'{seen}' and not '{row.Expected(service)}': {failure}");
    }

    /// <summary>Only AWS's SDK counts attempts: what is ours makes one, for records and uploads come again by their own rules.</summary>
    [Theory]
    [InlineData("DynamoDB", true, 3)]
    [InlineData("STS", true, 3)]
    [InlineData("DynamoDB", false, 3)]
    [InlineData("STS", false, 3)]
    [InlineData("Kinesis", true, 1)]
    [InlineData("CloudWatch", true, 1)]
    [InlineData("Glue", true, 1)]
    public async Task Attempts_AreThoseOfTheVariableOrTheProfile_WhereTheSdkCalls(string service, bool isVariable, int attempts)
    {
        await using var server = WireServer.Answering(500, "{}");
        using var folder = new TemporaryFolder();
        var file = folder.Write("config", "[default]\nmax_attempts = 3\n");
        Dictionary<string, string> variables = new()
        {
            ["AWS_REGION"] = "eu-west-1", ["AWS_ENDPOINT_URL"] = server.Address.AbsoluteUri, ["AWS_EC2_METADATA_DISABLED"] = "true",
            [isVariable ? "AWS_MAX_ATTEMPTS" : "AWS_CONFIG_FILE"] = isVariable ? "3" : file, ["AWS_SHARED_CREDENTIALS_FILE"] = file + ".none",
        };
        var environment = new AwsEnvironment(n => variables.GetValueOrDefault(n), null);
        Assert.NotNull(await Record.ExceptionAsync(() => CallAsync(service, environment, hasSetting: false)));
        Assert.Equal(attempts, server.Requests.Count);
    }

    /// <summary>Kinesis took the same keys, and no call to DynamoDB left the machine.</summary>
    [Fact]
    public async Task DynamoDb_WithKeysThatEndWithALineBreak_SignsWithoutIt()
    {
        await using var server = WireServer.Answering(400, "{}");
        var options = new KplDynamoDbOptions { ServiceUrl = server.Address, AccessKeyId = "AKID\n", SecretAccessKey = "secret\n", SessionToken = "token\n" };
        using var client = DynamoDbClients.Create(options, DynamoDbLocation.Resolve(options, AwsEnvironment.None), Waiting.Long);
        await Record.ExceptionAsync(() => client.DescribeTableAsync("t", TestContext.Current.CancellationToken));
        var request = Assert.Single(server.Requests);
        Assert.Equal("token", request.Header("x-amz-security-token"));
        Assert.Contains("Credential=AKID/", request.Header("authorization"), StringComparison.Ordinal);
    }

    /// <summary>
    /// The keys of a profile that a program renews were read once: when they ended, every silo lost its tables, and with them its place in the cluster.
    /// </summary>
    [Fact]
    public async Task DynamoDb_WithAProfileWhoseKeysAreRenewed_SignsWithTheNewOnes()
    {
        await using var server = WireServer.Answering(400, "{}");
        using var folder = new TemporaryFolder();
        var options = new KplDynamoDbOptions { ServiceUrl = server.Address, Profile = "prod" };
        using var client = DynamoDbClients.Create(
            options, DynamoDbLocation.Resolve(options, new AwsEnvironment(static _ => null, Write("AKIDOLD"))), Waiting.Long);
        Assert.True(await CallAsync("AKIDOLD"));
        Write("AKIDNEW");
        // The SDK may hear of the change a moment later.
        await Waiting.UntilAsync(() => CallAsync("AKIDNEW"));

        async Task<bool> CallAsync(string key)
        {
            await Record.ExceptionAsync(() => client.DescribeTableAsync("t", TestContext.Current.CancellationToken));
            return server.Requests.Last().Header("authorization")?.Contains($"Credential={key}/", StringComparison.Ordinal) is true;
        }

        string Write(string key) =>
            folder.Write("profiles", $"[prod]\naws_access_key_id = {key}\naws_secret_access_key = s\naws_session_token = t\n");
    }

    private static async Task CallAsync(string service, AwsEnvironment environment, bool hasSetting)
    {
        var options = new KplOptions
        {
            RequestTimeout = Waiting.Long,
            Kinesis = { AccessKeyId = "AKID", SecretAccessKey = "secret", EndpointUrl = hasSetting ? Ours : null },
            Metrics = { EndpointUrl = hasSetting ? Ours : null },
        };
        var time = TimeProvider.System;
        var token = TestContext.Current.CancellationToken;
        switch (service)
        {
            case "Kinesis":
                using (var gateway = KinesisClient.Create(options.Kinesis, time, environment))
                    await gateway.DescribeStreamSummaryAsync(StreamTarget.Of("events", options), token);
                break;
            case "CloudWatch":
                using (var client = CloudWatchClient.Create(options, time, environment))
                    await client.PutAsync(static () => "Action=PutMetricData"u8.ToArray(), token);
                break;
            case "Glue":
                using (var client = SchemaClient.Create(options.Kinesis, environment, Waiting.Long, time))
                    await client.GetVersionAsync(Guid.Empty, token);
                break;
            case "DynamoDB":
                var dynamoDb = new KplDynamoDbOptions { AccessKeyId = "AKID", SecretAccessKey = "secret", ServiceUrl = hasSetting ? Ours : null };
                using (var client = DynamoDbClients.Create(dynamoDb, DynamoDbLocation.Resolve(dynamoDb, environment), Waiting.Long))
                    await client.DescribeTableAsync("t", token);
                break;
            default:
                var reached = AwsConnection.Open(AwsService.Kinesis, options.Kinesis, environment, maxConnections: 4, time);
                using (reached.Handler)
                    await reached.Credentials.For(new StreamTarget("events", "arn:aws:iam::123456789012:role/r", Waiting.Long)).GetAsync(token);
                break;
        }
    }
}
