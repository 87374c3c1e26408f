namespace Orleans.Kpl.LocalKinesis.Tests.Operations;

/// <remarks>Tests <see cref="LocalKinesis.Operations.PolicyOperations"/> and <see cref="LocalKinesis.Store.AccountSettings"/>.</remarks>
public class ResourcePolicyTests : EndpointTest
{
    private const string Policy = """{"Version":"2012-10-17","Statement":[]}""";

    [Fact]
    public async Task ResourcePolicy_OfAStreamAndOfAConsumer_IsKeptUntilItIsDeleted()
    {
        var stream = (await Endpoint.Kinesis.CreateStreamAsync("events", 1)).Arn;
        var consumer = (string)(await Endpoint.CallAsync("RegisterStreamConsumer", new { StreamARN = stream, ConsumerName = "app" }))["Consumer"]!["ConsumerARN"]!;
        foreach (var arn in (string[])[stream, consumer])
        {
            Assert.Equal("{}", (string?)(await Endpoint.CallAsync("GetResourcePolicy", new { ResourceARN = arn }))["Policy"]);
            await Endpoint.CallAsync("PutResourcePolicy", new { ResourceARN = arn, Policy });
            Assert.Equal(Policy, (string?)(await Endpoint.CallAsync("GetResourcePolicy", new { ResourceARN = arn }))["Policy"]);
            await Endpoint.CallAsync("DeleteResourcePolicy", new { ResourceARN = arn });
            Assert.Equal("{}", (string?)(await Endpoint.CallAsync("GetResourcePolicy", new { ResourceARN = arn }))["Policy"]);
            Assert.Equal("ResourceNotFoundException", (await Endpoint.FailAsync("DeleteResourcePolicy", new { ResourceARN = arn })).Type);
        }
    }

    [Fact]
    public async Task ResourcePolicy_ThatCannotBe_IsRefused()
    {
        var arn = (await Endpoint.Kinesis.CreateStreamAsync("events", 1)).Arn;
        Assert.Equal("com.amazon.coral.validate#ValidationException", (await Endpoint.FailAsync("PutResourcePolicy", new { ResourceARN = arn })).Type);
        Assert.Equal("InvalidArgumentException", (await Endpoint.FailAsync("PutResourcePolicy", new { ResourceARN = arn, Policy = "[" })).Type);
        Assert.Equal("ResourceNotFoundException", (await Endpoint.FailAsync("PutResourcePolicy", new { ResourceARN = arn + "s", Policy })).Type);
        Endpoint.Kinesis.Split("events", "shardId-000000000000", 1_000);
        Assert.Equal("ResourceInUseException", (await Endpoint.FailAsync("PutResourcePolicy", new { ResourceARN = arn, Policy })).Type);
    }

    [Fact]
    public async Task Commitment_ThatIsEndedEarly_HoldsFor24Hours()
    {
        Assert.Equal("DISABLED", await StatusAsync());
        await CommitAsync("ENABLED");
        Assert.Equal("ENABLED", await StatusAsync());
        Endpoint.Clock.Advance(TimeSpan.FromHours(23));
        await CommitAsync("DISABLED");
        Assert.Equal("ENABLED_UNTIL_EARLIEST_ALLOWED_END", await StatusAsync());
        Endpoint.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal("DISABLED", await StatusAsync());
        Assert.Equal("com.amazon.coral.validate#ValidationException", (await Endpoint.FailAsync("UpdateAccountSettings", new { })).Type);

        Task CommitAsync(string status) =>
            Endpoint.CallAsync("UpdateAccountSettings", new { MinimumThroughputBillingCommitment = new { Status = status } });

        async Task<string?> StatusAsync() =>
            (string?)(await Endpoint.CallAsync("DescribeAccountSettings", new { }))["MinimumThroughputBillingCommitment"]!["Status"];
    }
}
