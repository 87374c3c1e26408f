using System.Text;
using System.Text.Json.Nodes;

namespace Orleans.Kpl.LocalKinesis.Tests.Operations;

/// <remarks>Tests <see cref="LocalKinesis.Operations.DescribeOperations"/>.</remarks>
public class ListingTests : EndpointTest
{
    [Fact]
    public async Task ListShards_WhenPaged_FollowsTheTokenAlone()
    {
        await Endpoint.Kinesis.CreateStreamAsync("events", 5);
        var page = await Endpoint.CallAsync("ListShards", new { StreamName = "events", MaxResults = 2 });
        var ids = new List<string>(Ids(page));
        var token = (string)page["NextToken"]!;
        Assert.Equal("InvalidArgumentException", (await Endpoint.FailAsync("ListShards", new { StreamName = "events", NextToken = token })).Type);
        Assert.Equal("InvalidArgumentException", (await Endpoint.FailAsync("ListShards", new { NextToken = "nonsense" })).Type);
        while (page["NextToken"] is { } next)
        {
            page = await Endpoint.CallAsync("ListShards", new { NextToken = (string)next!, MaxResults = 2 });
            ids.AddRange(Ids(page));
        }
        Assert.Equal(Enumerable.Range(0, 5).Select(i => $"shardId-{i:D12}"), ids);
        Endpoint.Clock.Advance(TimeSpan.FromSeconds(301));
        Assert.Equal("ExpiredNextTokenException", (await Endpoint.FailAsync("ListShards", new { NextToken = token })).Type);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public async Task ListShards_WithATokenThatHasLettersForANumber_RefusesIt(int field)
    {
        await Endpoint.Kinesis.CreateStreamAsync("events", 2);
        var page = await Endpoint.CallAsync("ListShards", new { StreamName = "events", MaxResults = 1 });
        var parts = Encoding.UTF8.GetString(Convert.FromBase64String((string)page["NextToken"]!)).Split('|');
        parts[field] = "x";
        var token = Convert.ToBase64String(Encoding.UTF8.GetBytes(string.Join('|', parts)));
        Assert.Equal("InvalidArgumentException", (await Endpoint.FailAsync("ListShards", new { NextToken = token })).Type);
    }

    [Fact]
    public async Task ListShards_WithEachFilter_ShowsTheShardsOfThatInstant()
    {
        await Endpoint.Kinesis.CreateStreamAsync("events", 2);
        Endpoint.Clock.Advance(TimeSpan.FromMinutes(1));
        var before = Endpoint.Clock.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0;
        Endpoint.Kinesis.Split("events", "shardId-000000000000", 1_000);
        Endpoint.Clock.Advance(TimeSpan.FromMinutes(1));
        async Task<string> Show(object? filter) => string.Join(' ',
            Ids(await Endpoint.CallAsync("ListShards", new { StreamName = "events", ShardFilter = filter })).Select(id => id[^1]));
        Assert.Equal("0 1 2 3", await Show(null));
        Assert.Equal("1 2 3", await Show(new { Type = "AT_LATEST" }));
        Assert.Equal("0 1", await Show(new { Type = "AT_TRIM_HORIZON" }));
        Assert.Equal("0 1 2 3", await Show(new { Type = "FROM_TRIM_HORIZON" }));
        Assert.Equal("0 1", await Show(new { Type = "AT_TIMESTAMP", Timestamp = before }));
        Assert.Equal("1 2 3", await Show(new { Type = "FROM_TIMESTAMP", Timestamp = before + 30 }));
        Assert.Equal("2 3", await Show(new { Type = "AFTER_SHARD_ID", ShardId = "shardId-000000000001" }));
        Endpoint.Clock.Advance(TimeSpan.FromHours(25));
        Assert.Equal("1 2 3", await Show(null));
    }

    [Fact]
    public async Task ListShards_WhenItLags_ShowsTheParentStillOpen()
    {
        await using var endpoint = await TestEndpoint.StartAsync(options =>
            options.Reshards = new() { CutOverDelay = TimeSpan.Zero, ListShardsLag = TimeSpan.FromSeconds(5) }, shards: 1);
        endpoint.Clock.Advance(TimeSpan.FromSeconds(1));
        endpoint.Kinesis.Split("events", "shardId-000000000000", 1_000);
        Assert.Equal("shardId-000000000001", (string)(await endpoint.PutAsync("events", "0"))["Records"]![0]!["ShardId"]!);
        var shards = (await endpoint.CallAsync("ListShards", new { StreamName = "events" }))["Shards"]!.AsArray();
        Assert.Null(Assert.Single(shards)!["SequenceNumberRange"]!["EndingSequenceNumber"]);
        endpoint.Clock.Advance(TimeSpan.FromSeconds(5));
        shards = (await endpoint.CallAsync("ListShards", new { StreamName = "events" }))["Shards"]!.AsArray();
        Assert.Equal(3, shards.Count);
        Assert.NotNull(shards[0]!["SequenceNumberRange"]!["EndingSequenceNumber"]);
    }

    [Fact]
    public async Task ListShards_WhenTheStreamIsCreating_IsInUse()
    {
        await Endpoint.CallAsync("CreateStream", new { StreamName = "events", ShardCount = 1 });
        Assert.Equal("ResourceInUseException", (await Endpoint.FailAsync("ListShards", new { StreamName = "events" })).Type);
        Assert.Equal("CREATING", (string)(await Endpoint.CallAsync("DescribeStream", new { StreamName = "events" }))["StreamDescription"]!["StreamStatus"]!);
    }

    [Fact]
    public async Task DescribeStreamSummary_ShowsWhatAProducerNeeds()
    {
        await Endpoint.Kinesis.CreateStreamAsync("events", 3);
        var summary = (await Endpoint.CallAsync("DescribeStreamSummary", new { StreamName = "events" }))["StreamDescriptionSummary"]!;
        Assert.Equal("arn:aws:kinesis:us-east-1:000000000000:stream/events", (string)summary["StreamARN"]!);
        Assert.Equal(3, (int)summary["OpenShardCount"]!);
        Assert.Equal(1_024, (int)summary["MaxRecordSizeInKiB"]!);
        Assert.Equal("PROVISIONED", (string)summary["StreamModeDetails"]!["StreamMode"]!);
        Assert.Equal(Endpoint.Clock.GetUtcNow().ToUnixTimeSeconds(), (double)summary["StreamCreationTimestamp"]!);
    }

    [Fact]
    public async Task ListStreams_WhenPaged_GivesEachNameOnce()
    {
        foreach (var name in (string[])["c", "a", "b"]) await Endpoint.Kinesis.CreateStreamAsync(name, 1);
        var page = await Endpoint.CallAsync("ListStreams", new { Limit = 2 });
        Assert.Equal(["a", "b"], page["StreamNames"]!.AsArray().Select(name => (string)name!));
        page = await Endpoint.CallAsync("ListStreams", new { NextToken = (string)page["NextToken"]! });
        Assert.Equal(["c"], page["StreamNames"]!.AsArray().Select(name => (string)name!));
        Assert.False((bool)page["HasMoreStreams"]!);
    }

    private static IEnumerable<string> Ids(JsonNode page) => page["Shards"]!.AsArray().Select(shard => (string)shard!["ShardId"]!);
}
