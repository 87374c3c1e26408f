namespace Orleans.Kpl.Http.Tests;

/// <remarks>Tests <see cref="Orleans.Kpl.Http.Reading.Keying.KeyRule"/> and <see cref="Orleans.Kpl.Http.Reading.Keying.JsonPointer"/>.</remarks>
public sealed class KeyRuleTests : HttpServerTest
{
    private const string Records = "/streams/s/records";
    private const string Lines = "application/x-ndjson";

    [Theory]
    [InlineData("/user", """{"user":"u1"}""", "u1")]
    [InlineData("/user/id", """{"id":1,"user":{"x":[{"id":7}],"id":42.0}}""", "42.0")]
    [InlineData("/tags/1", """{"tags":["a","b","c"]}""", "b")]
    [InlineData("/0", """["first"]""", "first")]
    [InlineData("/a~1b/c~0d", """{"a/b":{"c~d":"x"}}""", "x")]
    [InlineData("/", """{"":"empty name"}""", "empty name")]
    [InlineData("/k", """{"k":"one","k":"two"}""", "two")]
    [InlineData("/k", """{"\u006b":"\u00fc \ud83c\udf88"}""", "ü 🎈")]
    public async Task Pointer_ToATextOrANumber_IsTheKey(string place, string line, string key)
    {
        var answer = await Server.PostAsync($"{Records}?key={Uri.EscapeDataString(place)}", line, Lines);
        Assert.Equal((200, "delivered"), (answer.Status, Assert.Single(answer.Lines).GetProperty("status").GetString()));
        Assert.Equal((key, line), (Assert.Single(Server.Producer.Records).Key, Server.Producer.Records.Single().Data));
    }

    [Theory]
    [InlineData("/user", """{"id":1}""")]
    [InlineData("/user", """{"user":null}""")]
    [InlineData("/user", """{"user":true}""")]
    [InlineData("/user", """{"user":{"id":1}}""")]
    [InlineData("/user", """{"user":""}""")]
    [InlineData("/user", """{"user":"\ud800"}""")]
    [InlineData("/user", "7")]
    [InlineData("/user/id", """{"user":"u1"}""")]
    [InlineData("/1", """["only"]""")]
    [InlineData("/01", """["a","b"]""")]
    [InlineData("/-", """["a"]""")]
    public async Task Pointer_ToNothing_FailsThatLineAlone(string place, string line)
    {
        var answer = await Server.PostAsync($"{Records}?key={Uri.EscapeDataString(place)}", $"{line}\n{line}", Lines);
        Assert.Equal(200, answer.Status);
        Assert.All(answer.Lines, static l => Assert.Equal("InvalidPartitionKey", l.GetProperty("error_code").GetString()));
        Assert.Contains($"at {place}", answer.Lines[0].GetProperty("error_message").GetString(), StringComparison.Ordinal);
        Assert.Empty(Server.Producer.Records);
    }

    /// <summary>Random keys mean nothing, so they do not choose the shard either.</summary>
    [Theory]
    [InlineData("?key=random", RoutingMode.Even)]
    [InlineData("?key=random&stream=true", RoutingMode.Even)]
    [InlineData("?key=random&ack=accepted", RoutingMode.Even)]
    [InlineData("?key=random&routing=bykey", RoutingMode.ByKey)]
    [InlineData("?key=text:x&routing=even", RoutingMode.Even)]
    [InlineData("?key=text:x&routing=EVEN", RoutingMode.Even)]
    [InlineData("?key=random&routing=ByKey", RoutingMode.ByKey)] // as the setting of a stream is written
    [InlineData("?key=text:x", null)]
    [InlineData("?key=/a", null)]
    public async Task Request_WithRandomKeys_IsRoutedEvenly(string query, RoutingMode? routing)
    {
        var answer = await Server.PostAsync(Records + query, """{"a":"b"}""", Lines);
        Assert.InRange(answer.Status, 200, 202);
        Assert.Equal(routing, Server.Producer.Routing);
    }

    [Fact]
    public async Task Routing_ThatIsNone_IsRefused()
    {
        var answer = await Server.PostAsync(Records + "?routing=Random", """{"partition_key":"k","payload":1}""", Lines);
        Assert.Equal((400, "BadRequest"), (answer.Status, answer.Json.GetProperty("error_code").GetString()));
        Assert.Contains("routing 'Random' is neither even nor bykey", answer.Json.GetProperty("error_message").GetString(), StringComparison.Ordinal);
        Assert.Empty(Server.Producer.Records);
    }

    /// <summary>Nothing is wrapped, added or tidied.</summary>
    [Fact]
    public async Task Lines_WithAKeyRule_AreDataAsTheyStand()
    {
        var answer = await Server.PostAsync(Records + "?key=text:one", "\uFEFF {\"b\" : 1,\"a\":2} \r\n\n\"text\"\n7", Lines);
        Assert.Equal((200, 3), (answer.Status, answer.Lines.Count));
        Assert.Equal([" {\"b\" : 1,\"a\":2} ", "\"text\"", "7"], Server.Producer.Records.Select(static r => r.Data));
        Assert.All(Server.Producer.Records, static r => Assert.Equal("one", r.Key));
    }

    [Fact]
    public async Task Elements_WithAKeyRule_AreDataAsTheyStand()
    {
        var answer = await Server.PostAsync(Records + "?key=/k", """ [ {"k" : "a"} ,{"k":"b","payload":[1, 2]},{"x":1}, 5 ]""");
        Assert.Equal(["delivered", "delivered", "failed", "failed"], answer.Items.Select(static i => i.GetProperty("status").GetString()));
        Assert.Equal(["{\"k\" : \"a\"}", """{"k":"b","payload":[1, 2]}"""], Server.Producer.Records.Select(static r => r.Data));
    }

    [Fact]
    public async Task Line_ThatIsNotJson_FailsAloneWhateverTheRule()
    {
        foreach (var rule in new[] { "random", "text:x", "/a" })
        {
            var answer = await Server.PostAsync($"{Records}?key={rule}", "{\"a\":\"x\"}\nnot json\n{\"a\":\"y\"}", Lines);
            Assert.Equal(["delivered", "failed", "delivered"], answer.Lines.Select(static l => l.GetProperty("status").GetString()));
            Assert.Equal("MalformedJson", answer.Lines[1].GetProperty("error_code").GetString());
        }
    }

    [Fact]
    public async Task Header_GivesAllRecordsItsValue()
    {
        var answer = await Server.PostAsync(Records + "?key=header:X-Tenant", "1\n2", Lines, ("x-tenant", "acme"));
        Assert.Equal(200, answer.Status);
        Assert.Equal(["acme", "acme"], Server.Producer.Records.Select(static r => r.Key));
    }

    [Fact]
    public async Task Random_GivesEachRecordItsOwnKey()
    {
        Assert.Equal(200, (await Server.PostAsync(Records + "?key=random", "1\n2\n3", Lines)).Status);
        Assert.Equal(3, Server.Producer.Records.Select(static r => r.Key).Distinct().Count());
        Assert.All(Server.Producer.Records, static r => Assert.Equal(36, r.Key.Length));
    }

    [Theory]
    [InlineData("?key=")]
    [InlineData("?key=user")]
    [InlineData("?key=Random")]
    [InlineData("?key=/a~2")]
    [InlineData("?key=/a~")]
    [InlineData("?key=////////////////////////////////////////")]
    [InlineData("?key=text:")]
    [InlineData("?key=header:")]
    [InlineData("?key=header:X-Missing")]
    [InlineData("?key=header:authorization")]
    [InlineData("?key=header:Cookie")]
    [InlineData("?key=header:x-api-key")]
    [InlineData("?key=random&key=random")]
    public async Task Rule_ThatIsNone_Answers400(string query)
    {
        var answer = await Server.PostAsync(
            Records + query, "1", Lines, ("Authorization", "Bearer secret-of-the-caller"), ("Cookie", "secret-of-the-caller"),
            ("X-Api-Key", "secret-of-the-caller"));
        Assert.Equal((400, "InvalidKey"), (answer.Status, answer.Code));
        Assert.DoesNotContain("secret-of-the-caller", answer.Text, StringComparison.Ordinal);
        Assert.Equal(0, Server.Producer.Calls);
    }

    [Fact]
    public async Task Text_LongerThanAKey_Answers400()
    {
        Assert.Equal(400, (await Server.PostAsync($"{Records}?key=text:{new string('k', 257)}", "1", Lines)).Status);
        Assert.Equal(200, (await Server.PostAsync($"{Records}?key=text:{new string('k', 256)}", "1", Lines)).Status);
    }

    [Theory]
    [InlineData(Records, "X-Partition-Key", "InvalidKey")]
    [InlineData(Records, "X-Explicit-Hash-Key", "InvalidKey")]
    [InlineData("/events", "X-Other", "BadRequest")]
    [InlineData("/events/confirmed", "X-Other", "BadRequest")]
    public async Task Rule_BesideAnotherKey_Answers400(string path, string header, string code)
    {
        (await Server.PostAsync(path + "?key=random", """[{"partition_key":"k","payload":1}]""", "application/json", (header, "1"))).AssertRefused(400, code);
        Assert.Equal(0, Server.Producer.Calls);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/vnd.kpl.records+ndjson")]
    public async Task Rule_ForABodyOfNoJson_Answers415(string type) =>
        Assert.Equal(415, (await Server.PostAsync(Records + "?key=random", "1", type)).Status);
}
