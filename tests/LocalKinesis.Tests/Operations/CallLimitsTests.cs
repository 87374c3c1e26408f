namespace Orleans.Kpl.LocalKinesis.Tests.Operations;

public class CallLimitsTests
{
    [Fact]
    public async Task Calls_WhenLimitsAreOn_AreRefusedByAccountOrStream()
    {
        await using var endpoint = await TestEndpoint.StartAsync(options => options.EnforceCallLimits = true);
        await endpoint.Kinesis.CreateStreamAsync("a", 1);
        await endpoint.Kinesis.CreateStreamAsync("b", 1);
        for (var call = 0; call < 20; call++)
            await endpoint.CallAsync("DescribeStreamSummary", new { StreamName = call % 2 == 0 ? "a" : "b" });
        Assert.Equal("LimitExceededException", (await endpoint.FailAsync("DescribeStreamSummary", new { StreamName = "a" })).Type);
        for (var call = 0; call < 5; call++) await endpoint.CallAsync("ListTagsForStream", new { StreamName = "a" });
        Assert.Equal("LimitExceededException", (await endpoint.FailAsync("ListTagsForStream", new { StreamName = "a" })).Type);
        await endpoint.CallAsync("ListTagsForStream", new { StreamName = "b" });
        endpoint.Clock.Advance(TimeSpan.FromSeconds(1));
        await endpoint.CallAsync("DescribeStreamSummary", new { StreamName = "a" });
    }

    [Fact]
    public async Task UpdateShardCount_WhenLimitsAreOn_IsRefusedTheEleventhTimeInADay()
    {
        await using var endpoint = await TestEndpoint.StartAsync(options => options.EnforceCallLimits = true);
        await endpoint.Kinesis.CreateStreamAsync("events", 4);
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
}
