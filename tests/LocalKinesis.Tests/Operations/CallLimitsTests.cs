namespace Orleans.Kpl.LocalKinesis.Tests.Operations;

public class CallLimitsTests
{
    /// <summary>The limits of AWS's API reference that hold for a whole account, whichever stream is named.</summary>
    [Theory]
    [InlineData("DescribeStream", 10)]
    [InlineData("DescribeStreamSummary", 20)]
    [InlineData("ListTagsForStream", 5)]
    [InlineData("ListStreams", 5)]
    [InlineData("DescribeLimits", 1)]
    [InlineData("DescribeAccountSettings", 5)]
    public async Task Calls_WhenLimitsAreOn_AreRefusedByAccount(string operation, int most)
    {
        await using var endpoint = await StartAsync();
        for (var call = 0; call < most; call++)
            await endpoint.CallAsync(operation, new { StreamName = call % 2 == 0 ? "a" : "b" });
        Assert.Equal("LimitExceededException", (await endpoint.FailAsync(operation, new { StreamName = "a" })).Type);
        Assert.Equal("LimitExceededException", (await endpoint.FailAsync(operation, new { StreamName = "b" })).Type);
        endpoint.Clock.Advance(TimeSpan.FromSeconds(1));
        await endpoint.CallAsync(operation, new { StreamName = "a" });
    }

    [Theory]
    [InlineData("ListShards", 1_000)]
    [InlineData("IncreaseStreamRetentionPeriod", 5)]
    public async Task Calls_WhenLimitsAreOn_AreRefusedByStream(string operation, int most)
    {
        await using var endpoint = await StartAsync();
        object Of(string stream) => operation == "ListShards" ? new { StreamName = stream } : new { StreamName = stream, RetentionPeriodHours = 24 };
        for (var call = 0; call < most; call++) await endpoint.CallAsync(operation, Of("a"));
        Assert.Equal("LimitExceededException", (await endpoint.FailAsync(operation, Of("a"))).Type);
        await endpoint.CallAsync(operation, Of("b"));
        endpoint.Clock.Advance(TimeSpan.FromSeconds(1));
        await endpoint.CallAsync(operation, Of("a"));
    }

    [Fact]
    public async Task UpdateStreamMode_WhenLimitsAreOn_IsRefusedTheThirdTimeInADay()
    {
        await using var endpoint = await StartAsync();
        async Task<bool> SwitchAsync(string mode)
        {
            endpoint.Clock.Advance(TimeSpan.FromMinutes(1));
            var (_, answer) = await endpoint.SendAsync(
                "UpdateStreamMode", new { StreamARN = endpoint.Kinesis.Get("a").Arn, StreamModeDetails = new { StreamMode = mode } });
            return (string?)answer["__type"] is not { } error ? true : error == "LimitExceededException" ? false : throw new InvalidOperationException(error);
        }
        Assert.True(await SwitchAsync("ON_DEMAND"));
        Assert.True(await SwitchAsync("PROVISIONED"));
        Assert.False(await SwitchAsync("ON_DEMAND"));
        endpoint.Clock.Advance(TimeSpan.FromDays(1));
        Assert.True(await SwitchAsync("ON_DEMAND"));
    }

    [Fact]
    public async Task UpdateShardCount_WhenLimitsAreOn_IsRefusedTheEleventhTimeInADay()
    {
        await using var endpoint = await TestEndpoint.StartAsync(options => options.EnforceCallLimits = true, shards: 4);
        object To(int count) => new { StreamName = "events", TargetShardCount = count, ScalingType = "UNIFORM_SCALING" };
        for (var call = 0; call < 10; call++)
        {
            await endpoint.CallAsync("UpdateShardCount", To(call % 2 == 0 ? 5 : 4));
            endpoint.Clock.Advance(TimeSpan.FromMinutes(1));
        }
        Assert.Equal("LimitExceededException", (await endpoint.FailAsync("UpdateShardCount", To(5))).Type);
        endpoint.Clock.Advance(TimeSpan.FromDays(1));
        await endpoint.CallAsync("UpdateShardCount", To(5));
    }

    private static async Task<TestEndpoint> StartAsync()
    {
        var endpoint = await TestEndpoint.StartAsync(options => options.EnforceCallLimits = true);
        await endpoint.Kinesis.CreateStreamAsync("a", 1);
        await endpoint.Kinesis.CreateStreamAsync("b", 1);
        return endpoint;
    }
}
