namespace Orleans.Kpl.LocalKinesis.Tests.Operations;

/// <remarks>Tests <see cref="LocalKinesis.Operations.PutOperations"/>.</remarks>
public class PutRecordTests
{
    [Fact]
    public async Task PutRecord_WhenOverTheLimit_FailsTheCall()
    {
        await using var endpoint = await TestEndpoint.StartAsync(options => options.LimitModel = LimitModel.Parse("window:1"), shards: 1);
        object put = new { StreamName = "events", Data = new byte[5], PartitionKey = "k" };
        Assert.Equal("shardId-000000000000", (string)(await endpoint.CallAsync("PutRecord", put))["ShardId"]!);
        var (type, message) = await endpoint.FailAsync("PutRecord", put);
        Assert.Equal("ProvisionedThroughputExceededException", type);
        Assert.StartsWith("Rate exceeded for shard shardId-000000000000 in stream events under account", message, StringComparison.Ordinal);
        endpoint.Clock.Advance(TimeSpan.FromMilliseconds(1));
        await endpoint.CallAsync("PutRecord", put);
    }

    [Fact]
    public async Task PutRecord_WithSequenceNumberForOrdering_TakesOwnNumbersOnly()
    {
        await using var endpoint = await TestEndpoint.StartAsync(shards: 1);
        object Put(string? ordering) => new { StreamName = "events", Data = new byte[5], PartitionKey = "k", SequenceNumberForOrdering = ordering };
        var first = (string)(await endpoint.CallAsync("PutRecord", Put(null)))["SequenceNumber"]!;
        var second = (string)(await endpoint.CallAsync("PutRecord", Put(first)))["SequenceNumber"]!;
        Assert.True(string.CompareOrdinal(second, first) > 0);
        var future = string.Concat(second.AsSpan(0, 33), "9", second.AsSpan(34));
        Assert.Equal("InvalidArgumentException", (await endpoint.FailAsync("PutRecord", Put(future))).Type);
        Assert.Equal("InvalidArgumentException", (await endpoint.FailAsync("PutRecord", Put("12"))).Type);
        Assert.EndsWith("#ValidationException", (await endpoint.FailAsync("PutRecord", Put("x"))).Type, StringComparison.Ordinal);
    }
}
