using System.Buffers.Binary;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Amazon.Runtime.EventStreams;

namespace Orleans.Kpl.LocalKinesis.Tests.FanOut;

/// <summary>A subscription as a client sees it: AWS's own decoder reads the messages and checks their sums.</summary>
internal sealed class Subscriber : IDisposable
{
    private readonly HttpResponseMessage _response;
    private readonly Stream _stream;

    private Subscriber(HttpResponseMessage response, Stream stream) => (_response, _stream) = (response, stream);

    public Version Version => _response.Version;

    /// <summary>The bytes that were not read yet.</summary>
    public Stream Rest => _stream;

    public string ContentType => _response.Content.Headers.ContentType!.ToString();

    /// <summary>Subscribes; the call must succeed, and begin with the initial response.</summary>
    public static async Task<Subscriber> StartAsync(
        TestEndpoint endpoint, string consumerArn, string shardId, object startingPosition, Version? version = null, HttpClient? http = null)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(new { ConsumerARN = consumerArn, ShardId = shardId, StartingPosition = startingPosition });
        var message = TestEndpoint.Message("SubscribeToShard", body);
        (message.Version, message.VersionPolicy) = (version ?? HttpVersion.Version20, HttpVersionPolicy.RequestVersionExact);
        var response = await (http ?? endpoint.Http).SendAsync(message, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        Assert.True(response.StatusCode == HttpStatusCode.OK, await ErrorOfAsync(response));
        var subscriber = new Subscriber(response, await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        var (type, payload) = (await subscriber.NextAsync())!.Value;
        Assert.Equal(("event initial-response", "{}"), (type, payload.ToJsonString()));
        return subscriber;
    }

    /// <summary>The next event with records or children, those without passed over.</summary>
    public async Task<JsonNode> EventAsync()
    {
        while (true)
        {
            var payload = await AnyEventAsync();
            if (payload["Records"]!.AsArray().Count > 0 || payload["ChildShards"] is not null) return payload;
        }
    }

    /// <summary>The next event.</summary>
    public async Task<JsonNode> AnyEventAsync()
    {
        var (type, payload) = (await NextAsync())!.Value;
        Assert.Equal("event SubscribeToShardEvent", type);
        return payload;
    }

    /// <summary>What kind of message comes next, and its payload; null at the end of the stream.</summary>
    public async Task<(string Type, JsonNode Payload)?> NextAsync()
    {
        var length = new byte[sizeof(uint)];
        if (await _stream.ReadAtLeastAsync(length, length.Length, throwOnEndOfStream: false, TestContext.Current.CancellationToken) == 0) return null;
        var message = new byte[BinaryPrimitives.ReadUInt32BigEndian(length)];
        length.CopyTo(message, 0);
        await _stream.ReadExactlyAsync(message.AsMemory(length.Length), TestContext.Current.CancellationToken);
        return Decode(message);
    }

    public static (string Type, JsonNode Payload) Decode(byte[] message)
    {
        var decoded = EventStreamMessage.FromBuffer(message, 0, message.Length);
        string? Header(string name) => decoded.Headers.TryGetValue(name, out var header) ? header.AsString() : null;
        Assert.Equal("application/x-amz-json-1.1", Header(":content-type"));
        return ($"{Header(":message-type")} {Header(":event-type") ?? Header(":exception-type")}", JsonNode.Parse(Encoding.UTF8.GetString(decoded.Payload))!);
    }

    public static IEnumerable<string> Numbers(JsonNode payload) => payload["Records"]!.AsArray().Select(record => (string)record!["SequenceNumber"]!);

    public void Dispose()
    {
        _stream.Dispose();
        _response.Dispose();
    }

    private static async Task<string> ErrorOfAsync(HttpResponseMessage response) => response.IsSuccessStatusCode
        ? "" : $"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)}";
}
