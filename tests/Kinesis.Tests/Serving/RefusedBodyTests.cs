using System.Net;
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

    private static async Task AssertRefusedAsync(KinesisFrontServer server, HttpRequestMessage request, PausedContent body, HttpStatusCode status)
    {
        (request.Content, request.Version, request.VersionPolicy) = (body, HttpVersion.Version20, HttpVersionPolicy.RequestVersionExact);
        using var response = await server.Client.SendAsync(request, TestContext.Current.CancellationToken).WaitAsync(Waiting.Long);
        Assert.Equal((status, PausedContent.First), (response.StatusCode, body.Sent));
        await body.SendRestAsync().WaitAsync(Waiting.Long);
    }
}
