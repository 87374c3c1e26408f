using System.Text.Json.Nodes;

namespace Orleans.Kpl.Interop.Tests;

/// <summary>AWS's own clients put through the tier: only their endpoint URL points there. The endpoint behind it says what arrived.</summary>
[Collection(nameof(LocalTier))]
public sealed class KinesisFrontTests(LocalTier tier)
{
    private static readonly string[] Streams =
        ["agents", "command", "foreign", "front-cli", "front-go1", "front-go2", "front-h1", "front-h2", "front-python", "front-ruby", "javascript", "python"];

    [Theory]
    [MemberData(nameof(FrontClient.Scripts), MemberType = typeof(FrontClient))]
    public async Task AwssSdk_PutsThroughTheTier(string client)
    {
        // It reads what was put.
        Needs.NodePackages();
        var outcome = await FrontClient.PutAsync(client, tier.Http, $"front-{client}");

        Assert.Equal(client switch { "h1" => "http/1.1", "h2" => "h2", _ => null }, (string?)outcome["protocol"]);
        await AssertPutAsync(outcome, $"front-{client}");
    }

    [Theory]
    [MemberData(nameof(FrontClient.Built), MemberType = typeof(FrontClient))]
    [Trait("Category", "Long")]
    public async Task BuiltSdk_PutsThroughTheTier(string client)
    {
        Needs.NodePackages();
        await AssertPutAsync(await FrontClient.PutAsync(client, tier.Http, $"front-{client}"), $"front-{client}");
    }

    [Theory]
    [InlineData("aws")]
    [InlineData(Needs.SystemAwsCli)]
    public async Task AwsCli_PutsThroughTheTier(string program)
    {
        var version = await Needs.AwsCliAsync(program);
        // The first that take their endpoint from the environment.
        var knowsEnvironment = version >= new Version(version.Major == 1 ? "1.29" : "2.13");
        var put = await AwsAsync("put-record", "--stream-name", "front-cli", "--partition-key", "user-17", "--data", "aGVsbG8=");
        var records = await AwsAsync("put-records", "--stream-name", "front-cli", "--records", "Data=b25l,PartitionKey=a", "Data=dHdv,PartitionKey=b");
        var summary = await AwsAsync("describe-stream-summary", "--stream-name", "front-cli");

        Assert.Equal(0, (int)records["FailedRecordCount"]!);
        Assert.Equal(3, records["Records"]!.AsArray().Select(r => (string?)r!["SequenceNumber"]).Append((string?)put["SequenceNumber"]).Distinct().Count());
        Assert.Equal("ACTIVE", (string?)summary["StreamDescriptionSummary"]!["StreamStatus"]);

        async Task<JsonNode> AwsAsync(params string[] arguments)
        {
            string[] endpoint = knowsEnvironment ? [] : ["--endpoint-url", tier.Http];
            var outcome = await Command.RunAsync(
                program, ["kinesis", .. arguments, "--output", "json", .. endpoint], environment: Needs.EnvironmentOf(tier.Http));
            Assert.True(outcome.ExitCode == 0, outcome.Error);
            return JsonNode.Parse(outcome.Output)!;
        }
    }

    private async Task AssertPutAsync(JsonObject outcome, string stream)
    {
        Assert.Equal(("SUCCESS", true, 0), ((string?)outcome["there"], (bool)outcome["created"]!, (int)outcome["failed"]!));
        Assert.Equal(["shardId-000000000000", "shardId-000000000001"], outcome["shards"]!.AsArray().Select(s => (string)s!));
        Assert.Equal(Streams, outcome["streams"]!.AsArray().Select(s => (string)s!));
        Assert.Equal(
            ("ResourceNotFoundException", "ValidationException", "AccessDeniedException"),
            ((string?)outcome["not_there"], (string?)outcome["no_key"], (string?)outcome["read"]));
        var read = await Command.ScriptAsync("client.mjs", ["read", tier.Kinesis, stream]);
        Assert.Equal(outcome["numbers"]!.AsArray().Select(n => (string)n!).Order(), read.Select(r => r.SequenceNumber!).Order());
        Assert.Equal(
            Enumerable.Range(0, 500).Select(i => $"key-{i}").Append("one").Order(StringComparer.Ordinal),
            read.Select(r => r.PartitionKey).Order(StringComparer.Ordinal));
    }
}
