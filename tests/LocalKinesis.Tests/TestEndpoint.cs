using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Orleans.Kpl.LocalKinesis.Tests;

/// <summary>An endpoint on a free port with a manual clock, and a plain HTTP client that speaks JSON 1.1 to it.</summary>
internal sealed class TestEndpoint : IAsyncDisposable
{
    private TestEndpoint(LocalKinesisServer server, FakeTimeProvider clock, HttpClient http) => (Server, Clock, Http) = (server, clock, http);

    public LocalKinesisServer Server { get; }
    public FakeTimeProvider Clock { get; }
    public HttpClient Http { get; }
    public KinesisEndpoint Kinesis => Server.Kinesis;

    /// <summary>Starts it, with a stream <c>events</c> where shards are named.</summary>
    public static async Task<TestEndpoint> StartAsync(Action<LocalKinesisOptions>? configure = null, int shards = 0)
    {
        var clock = new FakeTimeProvider();
        var options = new LocalKinesisOptions { Port = 0, TimeProvider = clock, ArrivalJitter = TimeSpan.Zero };
        configure?.Invoke(options);
        var server = await LocalKinesisServer.StartAsync(options, ct: TestContext.Current.CancellationToken);
        if (shards > 0)
            await server.Kinesis.CreateStreamAsync("events", shards);
        return new(server, clock, new() { BaseAddress = server.Url });
    }

    /// <summary>The answer of a call that must succeed; an empty object for an empty one.</summary>
    public async Task<JsonNode> CallAsync(string operation, object request)
    {
        var (status, answer) = await SendAsync(operation, request);
        Assert.True(status == HttpStatusCode.OK, $"{operation}: {(int)status} {answer}");
        return answer;
    }

    /// <summary>Type and message of a call that must fail.</summary>
    public async Task<(string Type, string Message)> FailAsync(string operation, object request, HttpStatusCode expected = HttpStatusCode.BadRequest)
    {
        var (status, answer) = await SendAsync(operation, request);
        Assert.True(status == expected, $"{operation}: {(int)status} {answer}");
        return ((string)answer["__type"]!, (string)answer["message"]!);
    }

    public async Task<(HttpStatusCode Status, JsonNode Answer)> SendAsync(string operation, object request)
    {
        using var message = Message(operation, Encoding.UTF8.GetBytes(request as string ?? JsonSerializer.Serialize(request)));
        using var response = await Http.SendAsync(message, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return (response.StatusCode, JsonNode.Parse(text.Length == 0 ? "{}" : text)!);
    }

    public static HttpRequestMessage Message(string operation, byte[] body, string contentType = "application/x-amz-json-1.1")
    {
        var message = new HttpRequestMessage(HttpMethod.Post, "/") { Content = new ByteArrayContent(body) };
        message.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        message.Headers.Add("X-Amz-Target", $"Kinesis_20131202.{operation}");
        return message;
    }

    public static object Record(string key, int bytes = 10, string? hashKey = null) => hashKey is null
        ? new { Data = new byte[bytes], PartitionKey = key }
        : new { Data = new byte[bytes], PartitionKey = key, ExplicitHashKey = hashKey };

    /// <summary>Puts records of one stream with explicit hash keys, one each.</summary>
    public Task<JsonNode> PutAsync(string stream, params IEnumerable<string> hashKeys) =>
        CallAsync("PutRecords", new { StreamName = stream, Records = hashKeys.Select(hash => Record("k", hashKey: hash)) });

    public async Task<string> IteratorAsync(string stream, string shard, string type = "TRIM_HORIZON", string? number = null) =>
        (string)(await CallAsync("GetShardIterator",
            new { StreamName = stream, ShardId = shard, ShardIteratorType = type, StartingSequenceNumber = number }))["ShardIterator"]!;

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Server.DisposeAsync();
    }
}
