using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Http.Identities;
using Orleans.Kpl.Http.Identities.Quotas;
using Orleans.Kpl.Http.Tests.Identities;
using Orleans.Kpl.Kinesis.Tests.Signing;

namespace Orleans.Kpl.Kinesis.Tests.Serving;

/// <summary>What becomes of the body of a put that is refused.</summary>
public sealed class RefusedBodyTests
{
    /// <summary>
    /// The SDK for JavaScript waited for ever: while Node has more than 10 MB to send it takes no answer. curl had an error of the stream, and no answer, for
    /// each refused body whose length it had not announced, also where it had sent all that there was.
    /// </summary>
    [Theory]
    [InlineData(false, true, HttpStatusCode.RequestEntityTooLarge)]
    [InlineData(false, false, HttpStatusCode.RequestEntityTooLarge)]
    [InlineData(true, false, HttpStatusCode.BadRequest)]
    public async Task Refusal_OverHttp2_ComesWhenAllThatIsSentWasRead_AndMoreIsTaken(bool isUnsigned, bool isAnnounced, HttpStatusCode status)
    {
        await using var server = await KinesisFrontServer.StartAsync(keys: isUnsigned ? new FakeAccessKeys() : null);
        using var body = new PausedContent(KinesisFrontServer.JsonType, isAnnounced);
        using var request = KinesisFrontServer.Request("PutRecords", [], null);
        await AssertRefusedAsync(server, request, body, status);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Refusal_BeforeTheFront_ComesWhenAllThatIsSentWasRead_AndMoreIsTaken(bool isAnnounced)
    {
        await using var server = await KinesisFrontServer.StartAsync();
        using var body = new PausedContent(KinesisFrontServer.JsonType, isAnnounced);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/nowhere");
        await AssertRefusedAsync(server, request, body, HttpStatusCode.NotFound);
    }

    /// <summary>
    /// What was dropped of it was charged as well. The quota refused it once more, which was an empty answer 500; or the counts went below nothing, so that a
    /// client cheated its rate; or a body that no quota refuses stayed charged.
    /// </summary>
    [Theory]
    [InlineData("/", 200_000)]
    [InlineData("/", IdentityQuota.UsualBodyBytes)]
    [InlineData("/streams/events/records", 200_000)]
    [InlineData("/streams/events/records", IdentityQuota.UsualBodyBytes)]
    public async Task Refusal_OfABodyThatIsChargedAsItComes_ChargesNothingForTheRest(string path, long quota)
    {
        using var folder = new IdentityFolder();
        var key = ApiKeyText.Create();
        var identity = IdentityFolder.Identity("mine", key, "produce:events");
        identity["quota"] = new JsonObject { [IdentityQuota.BodyBytesName] = quota };
        await using var server = await KinesisFrontServer.StartAsync(identities: folder.Write(identity).File);
        using var body = new PausedContent(KinesisFrontServer.JsonType, isAnnounced: false);
        using var request = KinesisFrontServer.Request("PutRecords", [], null, ("X-Partition-Key", "k"));
        request.RequestUri = new Uri(path, UriKind.Relative);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);

        await AssertRefusedAsync(server, request, body, HttpStatusCode.RequestEntityTooLarge);

        await Waiting.UntilAsync(() => server.UsageOf("mine").RequestsInFlight == 0);
        Assert.Equal(new UsageCounts(0, 0, 0, Refused: 1, 0, 0), server.UsageOf("mine"));
        Assert.DoesNotContain(server.Log.Entries, static e => e.Level >= LogLevel.Error);
    }

    /// <summary>Its stream was reset behind the last line, which curl then did not show.</summary>
    [Fact]
    public async Task StreamedLines_ThatEndEarly_HaveTheirLastLine_AndMoreIsTaken()
    {
        await using var server = await KinesisFrontServer.StartAsync();
        var line = "{\"partition_key\":\"k\",\"payload\":1}\n"u8.ToArray();
        using var body = new PausedContent("application/x-ndjson", isAnnounced: false, line);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/streams/events/records?stream=true") { Content = body };
        (request.Version, request.VersionPolicy) = (HttpVersion.Version20, HttpVersionPolicy.RequestVersionExact);
        using var response = await server.Client
            .SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken).WaitAsync(Waiting.Long);
        var lines = (await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken).WaitAsync(Waiting.Long)).Split('\n');

        await body.SendRestAsync().WaitAsync(Waiting.Long);
        Assert.Equal(3, lines.Length); // the last has an end too
        Assert.Equal("delivered", JsonElement.Parse(lines[0]).GetProperty("status").GetString());
        Assert.Equal("RequestTooLarge", JsonElement.Parse(lines[1]).GetProperty("error_code").GetString());
    }

    private static async Task AssertRefusedAsync(KinesisFrontServer server, HttpRequestMessage request, PausedContent body, HttpStatusCode status)
    {
        (request.Content, request.Version, request.VersionPolicy) = (body, HttpVersion.Version20, HttpVersionPolicy.RequestVersionExact);
        using var response = await server.Client.SendAsync(request, TestContext.Current.CancellationToken).WaitAsync(Waiting.Long);
        Assert.Equal((status, PausedContent.First), (response.StatusCode, body.Sent));
        await body.SendRestAsync().WaitAsync(Waiting.Long);
    }
}
