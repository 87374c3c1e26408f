using System.Formats.Cbor;
using System.Text;
using Orleans.Kpl.Aws.Tests.Serving;
using Orleans.Kpl.Aws.Wire;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Aws.Tests.Transport;

public sealed class ErrorAnswerTests
{
    private const string Html = "<html>\r\n<head><title>502 Bad Gateway</title></head>\n<body>\n<center><h1>502 Bad Gateway</h1></center> </body></html>";

    private const string Json = "application/x-amz-json-1.1";

    public static TheoryData<int, string, string, string, string, string> Answers => new()
    {
        { 400, """{"__type":"com.amazonaws.kinesis.v20131202#ResourceNotFoundException","message":"Stream x not found."}""", Json, "", "ResourceNotFoundException", "Stream x not found." },
        { 400, """{"Message":"bad","__type":"ValidationException"}""", Json, "", "ValidationException", "bad" },
        { 400, """{"message":"no"}""", Json, "x-amzn-ErrorType: AccessDeniedException:http://internal.amazon.com/coral/\r\n", "AccessDeniedException", "no" },
        { 400, """{"__type":"KMSThrottlingException"}""", Json, "", "KMSThrottlingException", "PutRecords was answered with HTTP 400 and no message." },
        { 500, """{"__type":"InternalFailure","message":null,"more":{"deep":[1,{"x":2}]}}""", Json, "", "InternalFailure", "PutRecords was answered with HTTP 500 and no message." },
        { 502, Html, "text/html", "", "HTTP 502", "502 Bad Gateway 502 Bad Gateway" },
        { 413, "<html>too large", "text/html; charset=utf-8", "", "HTTP 413", "too large" },
        { 503, "", "text/plain", "", "HTTP 503", "PutRecords was answered with HTTP 503 and no message." },
        { 503, "<?xml version=\"1.0\"?><Error><Code>Slow</Code><Message>Slow down</Message></Error>", "application/xml", "", "HTTP 503", "Slow Slow down" },
        { 403, "[1,2", Json, "", "HTTP 403", "[1,2" },
        { 400, """{"__type":"LimitExceededException","message":"cut of""", Json, "", "LimitExceededException", "PutRecords was answered with HTTP 400 and no message." },
        { 302, "", "text/html", "Location: http://127.0.0.1:1/\r\n", "HTTP 302", "PutRecords was answered with HTTP 302 and no message." },
        { 407, "", "text/html", "", "HTTP 407", "PutRecords was answered with HTTP 407 and no message." },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task Call_WhenRefused_TellsCodeAndMessage(int status, string body, string type, string headers, string code, string message)
    {
        await using var server = WireServer.Answering(status, body, type, headers);
        using var gateway = Gateways.To(server.Address);

        var error = await Assert.ThrowsAsync<KinesisException>(() => gateway.PutOneAsync());

        Assert.Equal((KinesisFailureKind.Refused, code, message, status), (error.Kind, error.Code, error.Message, error.HttpStatus));
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Call_WhenAProxyWritesABook_KeepsItsStart()
    {
        await using var server = WireServer.Answering(503, "<p>" + string.Concat(Enumerable.Repeat("word ", 5000)), "text/html");
        using var gateway = Gateways.To(server.Address);

        var error = await Assert.ThrowsAsync<KinesisException>(() => gateway.PutOneAsync());

        Assert.StartsWith("word word", error.Message, StringComparison.Ordinal);
        Assert.InRange(error.Message.Length, 150, 201);
    }

    /// <summary>Half of a pair is no text: results that had it were an answer 500.</summary>
    [Theory]
    [InlineData(198, "🙂…")]
    [InlineData(199, "🙂…")]
    [InlineData(200, "a…")]
    public async Task Call_WhenTheStartOfAPageEndsInAPair_KeepsThePairWhole(int before, string end)
    {
        await using var server = WireServer.Answering(503, new string('a', before) + "🙂🙂", "text/plain");
        using var gateway = Gateways.To(server.Address);
        var error = await Assert.ThrowsAsync<KinesisException>(() => gateway.PutOneAsync());
        Assert.EndsWith(end, error.Message, StringComparison.Ordinal);
        Assert.Equal(error.Message, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(error.Message)));
    }

    [Fact]
    public async Task Call_WhenTheErrorIsInCborThatCannotBeRead_TellsWhatItIs()
    {
        byte[] cbor = [0xA1, 0x66, (byte)'_', (byte)'_', (byte)'t'];
        await using var server = new WireServer((_, connection) => connection.AnswerAsync(400, cbor, MediaTypes.Cbor));
        using var gateway = Gateways.To(server.Address);

        var error = await Assert.ThrowsAsync<KinesisException>(() => gateway.PutOneAsync());

        Assert.Equal(("HTTP 400", "An answer of 5 bytes of application/x-amz-cbor-1.1."), (error.Code, error.Message));
    }

    [Theory]
    [InlineData("message", true)]
    [InlineData("Message", false)]
    public async Task Call_WhenTheErrorIsInCbor_TellsCodeAndMessage(string messageName, bool indefinite)
    {
        var cbor = new CborWriter(CborConformanceMode.Lax);
        cbor.WriteStartMap(indefinite ? null : 3);
        cbor.WriteTextString("logref");
        cbor.WriteDouble(1.5);
        cbor.WriteTextString(messageName);
        cbor.WriteTextString("Stream x under account 1 not found.");
        cbor.WriteTextString("__type");
        cbor.WriteTextString("com.amazonaws.kinesis.v20131202#ResourceNotFoundException");
        cbor.WriteEndMap();
        await using var server = new WireServer((_, connection) => connection.AnswerAsync(400, cbor.Encode(), MediaTypes.Cbor));
        using var gateway = Gateways.To(server.Address);

        // To requests in either dialect: it is the answer's own that counts.
        foreach (var format in (WireFormat[])[WireFormat.Json, WireFormat.Cbor])
        {
            var error = await Assert.ThrowsAsync<KinesisException>(() => gateway.PutOneAsync(Gateways.Stream() with { WireFormat = format }));
            Assert.Equal(
                (KinesisFailureKind.Refused, "ResourceNotFoundException", "Stream x under account 1 not found.", 400),
                (error.Kind, error.Code, error.Message, error.HttpStatus));
        }

        Assert.Equal([MediaTypes.Json, MediaTypes.Cbor], server.Requests.Select(r => r.Header("Content-Type")));
    }

    [Theory]
    [InlineData("<html>Sign in to this network</html>")]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("""{"Records":[{"ShardId":"shardId-0",""")]
    [InlineData("""{"Records":[{"ShardId":7}]}""")]
    [InlineData("""{"Records":{"ShardId":"x"}}""")]
    [InlineData("""{"Records":[1]}""")]
    [InlineData("[]")]
    [InlineData(Html, 504)]
    public async Task Call_WhenAnAnswerCannotBeRead_OrAGatewayGaveUpWaiting_MayHaveBeenApplied(string body, int status = 200)
    {
        await using var server = WireServer.Answering(status, body, "text/html");
        using var gateway = Gateways.To(server.Address);

        var error = await Assert.ThrowsAsync<KinesisException>(() => gateway.PutOneAsync());

        var code = status == 200 ? RecordErrorCodes.InvalidAnswer : "HTTP 504";
        Assert.Equal((KinesisFailureKind.Ambiguous, code, status), (error.Kind, error.Code, error.HttpStatus));
    }
}
