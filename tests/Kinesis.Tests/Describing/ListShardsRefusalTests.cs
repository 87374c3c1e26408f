using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Orleans.Kpl.Kinesis.Tests.Serving;

namespace Orleans.Kpl.Kinesis.Tests.Describing;

/// <remarks>Tests <see cref="Kinesis.Describing.DescribeOperations"/>.</remarks>
/// <summary>What a client may make up in ListShards is refused by name. It is no defect, and never 500.</summary>
public sealed class ListShardsRefusalTests
{
    /// <summary>Too large for a double, the number was infinite, and JSON has no name for that.</summary>
    [Fact]
    public async Task Timestamp_BeyondAllNumbers_IsRefused()
    {
        await using var server = await KinesisFrontServer.StartAsync();
        foreach (var body in (string[])[
            """{"StreamName":"events","ShardFilter":{"Type":"AT_TIMESTAMP","Timestamp":1e999}}""",
            """{"StreamName":"events","StreamCreationTimestamp":-1e999}"""])
        {
            var reply = await server.CallAsync("ListShards", body);
            Assert.Equal((400, "SerializationException"), ((int)reply.Status, reply.Error));
        }
    }

    /// <summary>Kinesis reads no such number. The answer was 500, and SDKs asked again.</summary>
    [Fact]
    public async Task Timestamp_ThatKinesisDoesNotRead_IsRefused()
    {
        await using var server = await KinesisFrontServer.StartAsync();
        var reply = await server.CallAsync("ListShards", """{"StreamName":"events","ShardFilter":{"Type":"AT_TIMESTAMP","Timestamp":1e300}}""");
        Assert.Equal((400, "InvalidArgumentException"), ((int)reply.Status, reply.Error));
    }

    /// <summary>The client keeps a token between two pages, and may bring another filter back than it was given.</summary>
    [Theory]
    [InlineData("rubbish")]
    [InlineData("[]")]
    [InlineData("""{"Type":"NONE"}""")]
    [InlineData("""{"Type":"AT_TIMESTAMP","Timestamp":1e999}""")]
    public async Task Token_WithAFilterThatWasNeverGiven_IsRefused(string filter)
    {
        await using var server = await KinesisFrontServer.StartAsync();
        var reply = await ContinueAsync(server, filter);
        Assert.Equal((400, "InvalidArgumentException", "NextToken is invalid."), ((int)reply.Status, reply.Error, reply.Message));
    }

    [Theory]
    [InlineData("")]
    [InlineData("""{"Type":"AT_LATEST"}""")]
    public async Task Token_AsItWasGiven_GoesOn(string filter)
    {
        await using var server = await KinesisFrontServer.StartAsync();
        var reply = await ContinueAsync(server, filter);
        Assert.Equal(["shardId-000000000001"], reply.Json["Shards"]!.AsArray().Select(static s => (string?)s!["ShardId"]));
    }

    /// <summary>Its JSON in memory would be six times as large, for whoever asks, and no limit counts that.</summary>
    [Theory]
    [InlineData("ListShards")]
    [InlineData("DescribeStream")]
    [InlineData("GetRecords")]
    public async Task Body_LongerThanADescriptionNeeds_IsRefused(string operation)
    {
        await using var server = await KinesisFrontServer.StartAsync();
        var reply = await server.CallAsync(operation, $$"""{"StreamName":"events","More":[{{string.Join(',', Enumerable.Repeat('1', 40_000))}}]}""");
        Assert.Equal((413, "RequestEntityTooLargeException"), ((int)reply.Status, reply.Error));
        Assert.Equal(200, (int)(await server.CallAsync("PutRecord", $$"""{"StreamName":"events","PartitionKey":"k","Data":"{{new string('a', 80_000)}}"}""")).Status);
    }

    private static Task<FrontReply> ContinueAsync(KinesisFrontServer server, string filter)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{DateTimeOffset.UtcNow.ToUnixTimeSeconds()}\nevents\n{filter}\nshardId-000000000000");
        return server.CallAsync("ListShards", $$"""{"NextToken":"{{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text))}}"}""");
    }
}
