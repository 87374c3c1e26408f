using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Orleans.Kpl.LocalKinesis.Tests;

public class LocalKinesisServerTests : EndpointTest
{
    [Fact]
    public async Task StartAsync_WhenThePortIsTaken_SaysWhich()
    {
        await using var first = await TestEndpoint.StartAsync();
        var port = first.Server.Url.Port;
        var error = await Assert.ThrowsAsync<IOException>(() => LocalKinesisServer.StartAsync(new() { Port = port }));
        Assert.Contains($"{port}", error.Message, StringComparison.Ordinal);
    }

    /// <summary>Who reached the local tier as it started was told that there is no such stream, and a record fails for good then.</summary>
    [Fact]
    public async Task Streams_AreThereBeforeAnybodyIsAnswered()
    {
        using var port = new HeldPort();
        await using var server = await LocalKinesisServer.StartWithAsync(Make(), new() { Port = port.Number }, null, TestContext.Current.CancellationToken);
        Assert.Equal("events", Assert.Single(server.Kinesis.Streams).Name);

        IEnumerable<(string Name, int Shards)> Make()
        {
            using var caller = new TcpClient();
            Assert.Throws<SocketException>(() => caller.Connect(IPAddress.Loopback, port.Number));
            yield return ("events", 2);
        }
    }

    [Fact]
    public async Task Answers_CarryRequestIdsAndEchoTheContentType()
    {
        using var message = TestEndpoint.Message("Nothing", Encoding.UTF8.GetBytes("{}"));
        using var response = await Endpoint.Http.SendAsync(message, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.True(Guid.TryParse(response.Headers.GetValues("x-amzn-RequestId").Single(), out _));
        Assert.NotEmpty(response.Headers.GetValues("x-amz-id-2").Single());
        Assert.Equal("application/x-amz-json-1.1", response.Content.Headers.ContentType!.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{\"StreamName\":1,\"Records\":[]}")]
    [InlineData("{\"StreamName\":\"events\",\"Records\":[{\"Data\":\"?\",\"PartitionKey\":\"k\"}]}")]
    public async Task PutRecords_WhenTheBodyIsNotItsShape_IsASerializationError(string body)
    {
        await Endpoint.Kinesis.CreateStreamAsync("events", 1);
        var (type, _) = await Endpoint.FailAsync("PutRecords", body);
        Assert.EndsWith("#SerializationException", type, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Requests_WhenCompressed_AreRefused()
    {
        using var message = TestEndpoint.Message("ListStreams", Encoding.UTF8.GetBytes("{}"));
        message.Content!.Headers.ContentEncoding.Add("gzip");
        using var response = await Endpoint.Http.SendAsync(message, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task Account_OverHttp_ShowsTotalsAndRecords()
    {
        await Endpoint.Kinesis.CreateStreamAsync("events", 2);
        await Endpoint.PutAsync("events", "0", "1", "340282366920938463463374607431768211455");
        var totals = JsonNode.Parse(await Endpoint.Http.GetStringAsync("/_account", TestContext.Current.CancellationToken))!;
        Assert.Equal([2, 1], totals[0]!["shards"]!.AsArray().Select(shard => (long)shard!["applied_records"]!));
        var lines = await Endpoint.Http.GetStringAsync("/_account/events?shard=shardId-000000000000", TestContext.Current.CancellationToken);
        Assert.Equal(["0", "1"], lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => (string)JsonNode.Parse(line)!["hash_key"]!));
        using var missing = await Endpoint.Http.GetAsync("/_account/nobody", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
    }
}
