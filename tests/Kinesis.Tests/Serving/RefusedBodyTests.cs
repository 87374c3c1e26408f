using System.Net;
using Orleans.Kpl.Kinesis.Tests.Signing;

namespace Orleans.Kpl.Kinesis.Tests.Serving;

/// <summary>What becomes of the body of a put that is refused for what its head says.</summary>
public sealed class RefusedBodyTests
{
    /// <summary>The SDK for JavaScript waited for ever: while Node has more than 10 MB to send it takes no answer.</summary>
    [Theory]
    [InlineData(false, HttpStatusCode.RequestEntityTooLarge)]
    [InlineData(true, HttpStatusCode.BadRequest)]
    public async Task Refusal_OverHttp2_ComesWhenTheBodyIsThere(bool isUnsigned, HttpStatusCode status)
    {
        await using var server = await KinesisFrontServer.StartAsync(keys: isUnsigned ? new FakeAccessKeys() : null);
        using var body = new CountedContent(KinesisFrontServer.JsonType);
        using var request = KinesisFrontServer.Request("PutRecords", [], null);
        (request.Content, request.Version, request.VersionPolicy) = (body, HttpVersion.Version20, HttpVersionPolicy.RequestVersionExact);

        using var response = await server.Client.SendAsync(request, TestContext.Current.CancellationToken).WaitAsync(Waiting.Long);

        Assert.Equal((status, CountedContent.Bytes), (response.StatusCode, body.Sent));
    }

    /// <summary>curl had an error of the stream, and no answer, for each refused body of more than 64 KiB.</summary>
    [Fact]
    public async Task Refusal_BeforeTheFront_ComesWhenTheBodyIsThere()
    {
        await using var server = await KinesisFrontServer.StartAsync();
        using var body = new CountedContent(KinesisFrontServer.JsonType);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/nowhere")
        {
            Content = body, Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };

        using var response = await server.Client.SendAsync(request, TestContext.Current.CancellationToken).WaitAsync(Waiting.Long);

        Assert.Equal((HttpStatusCode.NotFound, CountedContent.Bytes), (response.StatusCode, body.Sent));
    }
}
