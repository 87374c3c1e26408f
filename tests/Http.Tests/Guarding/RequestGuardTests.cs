using Orleans.Kpl.Http.Guarding;

namespace Orleans.Kpl.Http.Tests.Guarding;

public sealed class RequestGuardTests : HttpServerTest
{
    private const string Event = """{"partition_key":"k","payload":1}""";

    /// <summary>A page of another site in a browser of this machine, or under a name that its owner has led here.</summary>
    [Theory]
    [InlineData("Origin", "https://evil.example", 403)]
    [InlineData("Origin", "null", 403)]
    [InlineData("Origin", "http://localhost:3000", 403)]
    [InlineData("Origin", "http://127.0.0.1:3000", 403)]
    [InlineData("Origin", "https://app.example.com", 202)]
    [InlineData("Sec-Fetch-Site", "cross-site", 403)]
    [InlineData("Sec-Fetch-Site", "same-origin", 202)]
    [InlineData("Host", "evil.example", 403)]
    [InlineData("Host", "evil.example:8080", 403)]
    [InlineData("Host", "app.example.com", 202)]
    public async Task Post_OfAForeignPage_Answers403(string header, string value, int status)
    {
        await using var server = await HttpServer.StartAsync(o => o.Hosts = ["app.example.com"]);

        var answer = await server.PostAsync("/events", Event, "application/json", (header, value));

        Assert.Equal(status, answer.Status);
        Assert.Equal(status == 202 ? 1 : 0, server.Producer.Calls);
        if (status == 403)
            Assert.Equal("Forbidden", answer.Code);
    }

    /// <summary>An entry for a whole domain counted for the host that was asked, and not for the page that asks.</summary>
    [Theory]
    [InlineData("https://a.example.org", 202)]
    [InlineData("https://A.B.EXAMPLE.ORG:8443", 202)]
    [InlineData("https://app.example.com", 202)]
    [InlineData("https://example.org", 403)]
    [InlineData("https://evilexample.org", 403)]
    [InlineData("https://evil.example", 403)]
    [InlineData("http://localhost:3000", 403)]
    [InlineData("http://a.localhost", 403)]
    [InlineData("http://kpl.tier.svc", 403)]
    public async Task Post_OfAPage_IsTakenFromTheHostsThatTheSettingNames_AndTheStarNamesNone(string origin, int status)
    {
        await using var server = await HttpServer.StartAsync(static o => o.Hosts = ["app.example.com", "*.example.org", "*"]);
        Assert.Equal(status, (await server.PostAsync("/events", Event, "application/json", ("Origin", origin))).Status);
    }

    /// <summary>SDKs tell their callers what these members say, and nothing of ours.</summary>
    [Fact]
    public async Task Post_OfAnAwsSdk_ForAForeignHost_IsAnsweredWithAReasonThatItReads()
    {
        var answer = await Server.PostAsync(
            "/", "{}", "application/x-amz-json-1.1", ("Host", "kinesis.example"), ("X-Amz-Target", "Kinesis_20131202.PutRecord"));
        Assert.Equal((403, "Forbidden"), (answer.Status, answer.Code));
        Assert.Equal("AccessDeniedException", answer.Json.GetProperty("__type").GetString());
        Assert.Equal(answer.Message, answer.Json.GetProperty("message").GetString());
    }

    [Fact]
    public async Task Post_OfAPageOfItsOwn_IsAnswered() =>
        Assert.Equal(202, (await Server.PostAsync("/events", Event, "application/json", ("Origin", $"http://{Server.Address.Authority}"))).Status);

    /// <summary>
    /// A page may send these without being asked for it first, and a browser that sends no origin, as old ones did: one of a local web server resharded a
    /// stream.
    /// </summary>
    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("application/x-ndjson")]
    [InlineData(null)]
    public async Task Post_OfAdministration_WhenTheTypeIsNoJson_Answers415(string? type) =>
        (await Server.PostAsync("/admin/streams/orders/dead-letters/drop", """{"all":true}""", type)).AssertRefused(415, "UnsupportedMediaType");

    [Fact]
    public async Task Get_OfWhoeverFollowsALink_IsAnswered()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/health") { Headers = { { "Sec-Fetch-Site", "cross-site" } } };
        Assert.Equal(200, (await Server.SendAsync(request)).Status);
    }

    [Theory]
    [InlineData("/health")]
    [InlineData("/nowhere")]
    [InlineData("/events")]
    public async Task Answers_EachHaveAnIdAndAreNoneToGuessTheTypeOf(string path)
    {
        var (first, second) = (await Server.GetAsync(path), await Server.GetAsync(path));
        Assert.Equal(("nosniff", "nosniff"), (first.Headers["X-Content-Type-Options"], second.Headers["X-Content-Type-Options"]));
        Assert.NotEqual(first.Headers["X-Request-Id"], second.Headers["X-Request-Id"]);
    }

    /// <summary>Whoever knows a request that makes a defect could fill a disk with its lines.</summary>
    [Fact]
    public async Task Defects_OfARequestThatComesAgainAndAgain_AreAFewLinesAMinute()
    {
        Server.Producer.Room = Task.FromException(new InvalidDataException("broken"));
        for (var i = 0; i < 30; i++)
            Assert.Equal(500, (await Server.PostAsync("/events", Event)).Status);
        Assert.Equal(Logging.EventBudget.PerMinute, Server.Logs.Errors.Count);
    }

    [Fact]
    public async Task Defects_AreFoundInTheLogByTheIdOfTheirAnswer()
    {
        Server.Producer.Room = Task.FromException(new InvalidDataException("broken"));

        var answer = await Server.PostAsync("/events", Event);

        Assert.Equal((500, "InternalFailure"), (answer.Status, answer.Code));
        Assert.Contains($"A request to /events failed (request {answer.Headers["X-Request-Id"]})", Assert.Single(Server.Logs.Errors), StringComparison.Ordinal);
        Assert.Contains(answer.Headers["X-Request-Id"], answer.Message, StringComparison.Ordinal);
    }

    /// <summary>Escapes of a terminal and ends of lines, percent-encoded, would be decoded in the path.</summary>
    [Fact]
    public async Task Defects_OfAPathWithControls_AreLoggedInPlainCharacters()
    {
        Server.Backlog.Defect = new InvalidDataException("broken");

        var answer = await Server.GetAsync("/admin/streams/a%0A%1B%5B2Jb/ledger");

        Assert.Equal(500, answer.Status);
        var line = Assert.Single(Server.Logs.Errors).Split('\n')[0];
        Assert.Contains("/streams/a%0A%1B%5B2Jb/ledger", line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("[::1]", true)]
    [InlineData("10.1.2.3", true)]
    [InlineData("localhost", true)]
    [InlineData("", true)]
    [InlineData("tier", true)]
    [InlineData("kpl.tier.svc", true)]
    [InlineData("kpl.tier.svc.cluster.local", true)]
    [InlineData("kpl.tier.svc.cluster.local.", true)] // as pods write it, so that DNS is asked once
    [InlineData("kpl.example.com.", true)]
    [InlineData("kpl.example.com..", false)]
    [InlineData("a.localhost", true)]
    [InlineData("kpl.example.com", true)]
    [InlineData("KPL.example.COM", true)]
    [InlineData("a.example.org", true)]
    [InlineData("example.org", false)]
    [InlineData("evilexample.org", false)]
    [InlineData("127.0.0.1.evil.example", false)]
    [InlineData("localhost.evil.example", false)]
    [InlineData(".svc", false)]
    [InlineData("evil.com", false)]
    [InlineData("evil.com.", false)]
    public void HostList_Allows_NamesThatNobodyElseCanOwn(string host, bool allows) =>
        Assert.Equal(allows, new HostList(["kpl.example.com", "*.example.org"]).Allows(host));

    [Fact]
    public void HostList_WithTheStarAlone_AllowsEveryName() => Assert.True(new HostList(["*"]).Allows("evil.com"));
}
