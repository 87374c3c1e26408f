using System.Net;

namespace Orleans.Kpl.Http.Tests;

public sealed class LimitTests : HttpServerTest
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Post_WhenTheBodyIsTooLarge_Answers413AndTheClientReadsIt(bool chunked)
    {
        await using var server = await HttpServer.StartAsync(o => o.MaxBodyBytes = 4_096);
        foreach (var path in new[] { "/events", "/events/confirmed", "/streams/s/records" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(new byte[3 << 20]) };
            request.Content.Headers.ContentType = new("application/json");
            request.Headers.TransferEncodingChunked = chunked;
            (await server.SendAsync(request)).AssertRefused(413, "RequestTooLarge", "4096 bytes");
        }
        Assert.Equal(0, server.Producer.Calls);
    }

    [Fact]
    public async Task Post_WhenTheBodyIsAsLongAsAllowed_TakesIt()
    {
        await using var server = await HttpServer.StartAsync(o => o.MaxBodyBytes = 4_096);
        var start = """{"partition_key":"k","payload":"x""";
        var body = start + new string('x', 4_096 - start.Length - 2) + "\"}";
        Assert.Equal(202, (await server.PostAsync("/events", body)).Status);
        Assert.Equal(413, (await server.PostAsync("/events", body + " ")).Status);
    }

    /// <summary>Each invalid record costs more than a valid one: a message, often an exception, and an answer that nobody reads.</summary>
    [Theory]
    [InlineData("application/x-ndjson", 99, 200)]
    [InlineData("application/x-ndjson", 100, 400)]
    [InlineData("application/x-ndjson", 9_999, 400)]
    [InlineData("application/json", 99, 200)]
    [InlineData("application/json", 100, 400)]
    public async Task Post_OfAHundredInvalidRecords_IsRefusedWhole(string type, int invalid, int status)
    {
        const string good = """{"partition_key":"k","payload":1}""";
        var lines = type.EndsWith("ndjson", StringComparison.Ordinal);
        var records = Enumerable.Repeat(lines ? "x" : "7", invalid).Prepend(good);

        var answer = await Server.PostAsync("/streams/s/records", lines ? string.Join('\n', records) : $"[{string.Join(',', records)}]", type);

        Assert.Equal(status, answer.Status);
        Assert.Equal(status == 200 ? 1 : 0, Server.Producer.Records.Count);
        if (status == 400)
            Assert.Equal("TooManyErrors", answer.Code);
    }

    /// <summary>The producer refused them later, and nobody counted them: a request of any number was read to its end.</summary>
    [Theory]
    [InlineData("application/x-ndjson", 0)]
    [InlineData("application/x-ndjson", 257)]
    [InlineData("application/json", 0)]
    public async Task Post_OfAHundredKeysThatAreNone_IsRefusedWhole(string type, int length)
    {
        var separator = type.EndsWith("ndjson", StringComparison.Ordinal) ? "\n" : ",";
        var records = string.Join(separator, Enumerable.Repeat($$"""{"partition_key":"{{new string('k', length)}}","payload":1}""", 100));

        (await Server.PostAsync("/streams/s/records", separator == "," ? $"[{records}]" : records, type)).AssertRefused(400, "TooManyErrors");
        Assert.Equal(0, Server.Producer.Calls);
    }

    /// <summary>Reading one of them throws, and comparing it with a name did: that was a defect, and cost the others of its request too.</summary>
    [Fact]
    public async Task Post_OfANameThatIsNoUnicode_FailsThatRecordAlone()
    {
        const string good = """{"partition_key":"k","payload":1}""";
        var bad = $"{{{string.Concat(Enumerable.Repeat("\"\\udc00abc\":1,\"partition_key\":\"\\ud800\",", 10_000))}\"payload\":1}}";

        var answer = await Server.PostAsync("/streams/s/records", $"{good}\n{bad}\n{good}", "application/x-ndjson");
        var array = await Server.PostAsync("/streams/s/records", $"[{good},{bad},{good}]");

        Assert.Equal((200, 200), (answer.Status, array.Status));
        foreach (var results in new[] { answer.Lines, array.Items })
        {
            Assert.Equal(["delivered", "failed", "delivered"], results.Select(r => r.GetProperty("status").GetString()));
            Assert.Equal("MalformedJson", results[1].GetProperty("error_code").GetString());
        }

        Assert.Empty(Server.Logs.Errors);
    }

    [Fact]
    public async Task Post_WhenThereAreTooManyRecords_Answers413()
    {
        await using var server = await HttpServer.StartAsync(o => o.MaxRecords = 3);
        Assert.Equal(200, (await server.PostAsync("/streams/s/records", "[1,2,3]")).Status);
        (await server.PostAsync("/streams/s/records", "[1,2,3,4]")).AssertRefused(413, "RequestTooLarge");
    }

    [Theory]
    [InlineData("/admin/streams/s")]
    [InlineData("/metrics")]
    [InlineData("/dashboard")]
    [InlineData("/")]
    [InlineData("/streams/s")]
    public async Task UnknownPaths_Answer404(string path)
    {
        var get = await Server.GetAsync(path);
        var post = await Server.PostAsync(path, "{}", "application/x-amz-json-1.1");
        Assert.Equal((404, "NotFound"), (get.Status, get.Code));
        Assert.Equal((404, "NotFound"), (post.Status, post.Code));
    }

    [Fact]
    public async Task KnownPaths_WithAnotherMethod_Answer405() =>
        (await Server.GetAsync("/events")).AssertRefused(405, "MethodNotAllowed", "POST");

    /// <summary>It named no path, for that was no path.</summary>
    [Theory]
    [InlineData("OPTIONS *", "* takes GET")]
    [InlineData("CONNECT x:80", "x:80 takes GET")]
    public async Task Targets_ThatAreNoPaths_AreNamedIn405(string request, string told)
    {
        await using var front = await Front.StartAsync();
        using var socket = await PlainSocket.ConnectAsync(new Uri(front.Http.Url));
        await socket.SendAsync($"{request} HTTP/1.1\r\nHost: x:80\r\n\r\n");
        Assert.Contains($"\"error_message\":\"{told}", await socket.AnswerAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_WhenSettingsAreWrong_NamesEveryOne()
    {
        var errors = KplHttpOptionsValidator.Validate(new KplHttpOptions
        {
            Address = "nowhere", Port = 65_536, DefaultStream = "", MaxBodyBytes = 0, MaxRecords = 0, RetryAfter = TimeSpan.Zero,
            Streams = ["a b"], Hosts = ["http://x"], MaxBodyMemory = -1, BodyTimeout = TimeSpan.Zero, AcceptTimeout = TimeSpan.FromSeconds(-1),
            MaxConnections = 0, AdminAddress = "10.0.0.1", AdminPort = -2,
        });
        Assert.Equal(
            ["Address", "Port", "DefaultStream", "Streams", "Hosts", "MaxBodyBytes", "MaxBodyMemory", "BodyTimeout", "MaxRecords", "AcceptTimeout",
                "MaxConnections", "RetryAfter", "AdminAddress", "AdminPort"],
            errors.Select(e => e.Split(' ')[0]["Kpl:Http:".Length..]));
        Assert.Empty(KplHttpOptionsValidator.Validate(new KplHttpOptions()));
        Assert.True(IPAddress.IsLoopback(IPAddress.Parse(new KplHttpOptions().Address)));
    }
}
