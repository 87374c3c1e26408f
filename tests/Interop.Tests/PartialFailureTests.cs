using System.Text.Json.Nodes;

namespace Orleans.Kpl.Interop.Tests;

/// <summary>AWS's own clients put two records through the tier, one of them for a shard that takes nothing: they see which one failed, and why.</summary>
public sealed class PartialFailureTests(StuckShardTier tier) : IClassFixture<StuckShardTier>
{
    private const string Partial = "partial";

    [Theory]
    [InlineData("h1")]
    [InlineData("h2")]
    public async Task JavaScriptSdk_SeesWhichRecordFailed(string protocol)
    {
        Needs.NodePackages();
        AssertSecondTaken(await RunAsync("node", "front.mjs", StuckShardTier.Stream, protocol, Partial));
    }

    [Fact]
    public async Task Boto3_SeesWhichRecordFailed()
    {
        await Needs.Boto3OfEnvironmentAsync();
        AssertSecondTaken(await RunAsync("python3", "boto3_front.py", StuckShardTier.Stream, Partial));
    }

    [Fact]
    public async Task RubySdk_SeesWhichRecordFailed()
    {
        await Needs.RubyAsync();
        AssertSecondTaken(await RunAsync("ruby", "ruby_front.rb", tier.Http, StuckShardTier.Stream, Partial));
    }

    [Theory]
    [InlineData("go_v1_front.go", "github.com/aws/aws-sdk-go/service/kinesis")]
    [InlineData("go_front.go", "github.com/aws/aws-sdk-go-v2/service/kinesis")]
    [Trait("Category", "Long")]
    public async Task GoSdk_SeesWhichRecordFailed(string source, string package)
    {
        Needs.Go(package);
        using var program = await GoProgram.BuildAsync(source);
        AssertSecondTaken(await program.RunAsync(tier.Http, StuckShardTier.Stream, Partial));
    }

    [Theory]
    [InlineData("aws")]
    [InlineData(Needs.SystemAwsCli)]
    public async Task AwsCli_SeesWhichRecordFailed(string program)
    {
        await Needs.AwsCliAsync(program);
        var outcome = await Command.RunAsync(
            program,
            [
                "kinesis", "put-records", "--stream-name", StuckShardTier.Stream, "--output", "json", "--endpoint-url", tier.Http, "--records",
                "Data=YQ==,PartitionKey=a,ExplicitHashKey=0", $"Data=YQ==,PartitionKey=a,ExplicitHashKey={UInt128.MaxValue}",
            ],
            environment: Needs.AwsEnvironment);
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        var answer = JsonNode.Parse(outcome.Output)!;
        var records = answer["Records"]!.AsArray();
        AssertSecondTaken(new JsonObject
        {
            ["failed"] = (int)answer["FailedRecordCount"]!,
            ["codes"] = new JsonArray([.. records.Select(static r => JsonValue.Create((string?)r!["ErrorCode"] ?? ""))]),
            ["shards"] = new JsonArray([.. records.Select(static r => JsonValue.Create((string?)r!["ShardId"] ?? ""))]),
        });
    }

    private static void AssertSecondTaken(JsonObject outcome)
    {
        Assert.Equal(1, (int)outcome["failed"]!);
        Assert.Equal(["ProvisionedThroughputExceededException", ""], outcome["codes"]!.AsArray().Select(static c => (string)c!));
        Assert.Equal(["", "shardId-000000000001"], outcome["shards"]!.AsArray().Select(static s => (string)s!));
    }

    private async Task<JsonObject> RunAsync(string program, string script, params string[] arguments)
    {
        var outcome = await Command.RunAsync(program, [Path.Combine(Needs.StandIns, script), .. arguments], environment: Needs.EnvironmentOf(tier.Http));
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        return JsonNode.Parse(outcome.Output)!.AsObject();
    }
}
