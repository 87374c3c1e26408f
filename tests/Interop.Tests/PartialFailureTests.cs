using System.Text.Json.Nodes;

namespace Orleans.Kpl.Interop.Tests;

/// <summary>AWS's own clients put two records through the tier, one of them for a shard that takes nothing: they see which one failed, and why.</summary>
public sealed class PartialFailureTests(StuckShardTier tier) : IClassFixture<StuckShardTier>
{
    [Theory]
    [MemberData(nameof(FrontClient.Scripts), MemberType = typeof(FrontClient))]
    public async Task AwssSdk_SeesWhichRecordFailed(string client) => await CheckAsync(client);

    [Theory]
    [MemberData(nameof(FrontClient.Built), MemberType = typeof(FrontClient))]
    [Trait("Category", "Long")]
    public async Task BuiltSdk_SeesWhichRecordFailed(string client) => await CheckAsync(client);

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

    private async Task CheckAsync(string client) => AssertSecondTaken(await FrontClient.PutAsync(client, tier.Http, StuckShardTier.Stream, "partial"));
}
