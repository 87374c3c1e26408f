using System.Globalization;
using System.Text;

namespace Orleans.Kpl.Http.Tests;

public sealed class CompressedBodyTests : HttpServerTest
{
    private const string Records = "/streams/s/records";
    private const string Event = """{"partition_key":"k","payload":"as it was"}""";

    [Theory]
    [InlineData("gzip", "application/json", "[" + Event + "]")]
    [InlineData("br", "application/json", "[" + Event + "]")]
    [InlineData("X-GZIP", "application/x-ndjson", Event + "\n")]
    [InlineData("br", "application/x-ndjson", Event)]
    [InlineData("identity, gzip", "application/vnd.kpl.records+ndjson", """{"partition_key":"k","data":"ImFzIGl0IHdhcyI="}""")]
    public async Task Post_OfACompressedBody_TakesWhatItWas(string encoding, string type, string body)
    {
        var compressed = Compressed.With(encoding, body);

        var answer = await Server.PostAsync(Records, compressed, type, ("Content-Encoding", encoding));

        Assert.Equal(200, answer.Status);
        Assert.Equal(("k", "\"as it was\""), (Assert.Single(Server.Producer.Records).Key, Server.Producer.Records.Single().Data));
        Assert.Equal(0, Server.Bodies.Bytes);
    }

    [Theory]
    [InlineData("/events")]
    [InlineData("/events/confirmed")]
    [InlineData(Records)]
    public async Task Post_OfACompressedRawRecord_TakesWhatItWas(string path)
    {
        var answer = await Server.PostAsync(path, Compressed.With("gzip", "raw"), "text/plain", ("X-Partition-Key", "k"), ("Content-Encoding", "gzip"));
        Assert.InRange(answer.Status, 200, 202);
        Assert.Equal("raw", Assert.Single(Server.Producer.Records).Data);
    }

    /// <summary>What marks the end of a gzip body may stand in its text, whole or begun.</summary>
    [Theory]
    [InlineData("t")]
    [InlineData("the body was not")]
    [InlineData("the body was whole when the body was whole when")]
    [InlineData("the body was whole when this came out of it")]
    [InlineData("the body was whole when this came out of itthe body was whole when this came out of it?")]
    public async Task Post_OfAGzipText_LikeTheMarkOfItsEnd_TakesWhatItWas(string text)
    {
        var answer = await Server.PostAsync(Records, Compressed.With("gzip", text), "text/plain", ("X-Partition-Key", "k"), ("Content-Encoding", "gzip"));
        Assert.Equal(200, answer.Status);
        Assert.Equal(text, Assert.Single(Server.Producer.Records).Data);
    }

    /// <summary>As <c>cat a.gz b.gz</c> makes it (RFC 1952, 2.2).</summary>
    [Fact]
    public async Task Post_OfSeveralGzipMembers_TakesThemAll()
    {
        byte[] body = [.. Compressed.With("gzip", Event + "\n"), .. Compressed.With("gzip", Event + "\n")];
        var answer = await Server.PostAsync(Records, body, "application/x-ndjson", ("Content-Encoding", "gzip"));
        Assert.Equal((200, 2), (answer.Status, Server.Producer.Records.Count));
    }

    /// <summary>.NET's streams take a body that was cut off for a whole one: its last records would be lost, and nobody told.</summary>
    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    public async Task Post_OfACompressedBodyThatWasCutOff_Answers400AndTakesNothing(string encoding)
    {
        var lines = Enumerable.Range(0, 50).Select(static i => Event.Replace("was", $"was {i * 7919}", StringComparison.Ordinal) + "\n");
        var whole = Compressed.With(encoding, string.Concat(lines));
        for (var length = 0; length < whole.Length; length++)
        {
            (await Server.PostAsync(Records, whole[..length], "application/x-ndjson", ("Content-Encoding", encoding))).AssertRefused(400, "BadRequest");
        }
        Assert.Empty(Server.Producer.Records);
        Assert.Equal(0, Server.Bodies.Bytes);
    }

    [Theory]
    [InlineData("gzip", "behind")]
    [InlineData("br", "behind")]
    [InlineData("gzip", null)]
    [InlineData("br", null)]
    public async Task Post_OfABodyThatIsNotWhatItSays_Answers400(string encoding, string? behind)
    {
        byte[] body = behind is null ? Encoding.UTF8.GetBytes(Event) : [.. Compressed.With(encoding, Event), .. Encoding.UTF8.GetBytes(behind)];
        (await Server.PostAsync(Records, body, "application/x-ndjson", ("Content-Encoding", encoding))).AssertRefused(400, "BadRequest", encoding);
        Assert.Empty(Server.Logs.Errors);
    }

    [Theory]
    [InlineData("deflate")]
    [InlineData("gzip, br")]
    [InlineData("gzip, gzip")]
    [InlineData("zstd")]
    public async Task Post_OfAnEncodingThatIsNotTaken_Answers415AndSaysWhichAre(string encoding)
    {
        var answer = await Server.PostAsync("/events", Event, "application/json", ("Content-Encoding", encoding));
        answer.AssertRefused(415, "UnsupportedMediaType", encoding);
        Assert.Equal("gzip, br", answer.Headers["Accept-Encoding"]);
        Assert.Equal(0, Server.Producer.Calls);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    public async Task Post_OfABodyThatBecomesTooLong_Answers413(string encoding)
    {
        await using var server = await HttpServer.StartAsync(o => o.MaxBodyBytes = 64 << 10);
        // About four times as long as it came: what counts is what it becomes.
        var text = string.Concat(Enumerable.Range(0, 9_000).Select(i => (i * 7_919L).ToString("x8", CultureInfo.InvariantCulture)));
        var body = Compressed.With(encoding, text);
        Assert.InRange(body.Length, 1, 64 << 10);

        var answer = await server.PostAsync(Records, body, "text/plain", ("X-Partition-Key", "k"), ("Content-Encoding", encoding));

        answer.AssertRefused(413, "RequestTooLarge", "65536 bytes");
        Assert.Equal(0, server.Bodies.Bytes);
        Assert.Empty(server.Producer.Records);
    }

    /// <summary>A thousand times as long, in a few bytes: a request must not take the memory of others.</summary>
    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    public async Task Post_OfABodyThatBecomesAHundredTimesAsLong_Answers413(string encoding)
    {
        var body = Compressed.With(encoding, new byte[8 << 20]);
        var answer = await Server.PostAsync(Records, body, "text/plain", ("X-Partition-Key", "k"), ("Content-Encoding", encoding));
        answer.AssertRefused(413, "RequestTooLarge", "100 times");
        Assert.Equal(0, Server.Bodies.Bytes);
    }

    [Fact]
    public async Task Post_OfABodyThatOthersLeaveNoMemoryFor_Answers429()
    {
        await using var server = await HttpServer.StartAsync(o => o.MaxBodyMemory = 64 << 10);
        Assert.NotNull(server.Bodies.TryGrow(null, 0, 32 << 10));
        var text = string.Concat(Enumerable.Range(0, 9_000).Select(i => (i * 7_919L).ToString("x8", CultureInfo.InvariantCulture)));

        var answer = await server.PostAsync(Records, Compressed.With("gzip", text), "text/plain", ("X-Partition-Key", "k"), ("Content-Encoding", "gzip"));

        Assert.Equal((429, "TooManyRequests"), (answer.Status, answer.Code));
        Assert.Equal(32 << 10, server.Bodies.Bytes);
    }
}
