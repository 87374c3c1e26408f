using System.Net;
using System.Net.Http.Headers;
using Orleans.Kpl.Kinesis.Tests.Signing;

namespace Orleans.Kpl.Kinesis.Tests.Serving;

/// <summary>What becomes of the body of a put that is refused for what its head says.</summary>
public sealed class RefusedBodyTests
{
    private const int Bytes = 20_000_000;

    /// <summary>The SDK for JavaScript waited for ever: while Node has more than 10 MB to send it takes no answer.</summary>
    [Theory]
    [InlineData(false, HttpStatusCode.RequestEntityTooLarge)]
    [InlineData(true, HttpStatusCode.BadRequest)]
    public async Task Refusal_OverHttp2_ComesWhenTheBodyIsThere(bool isUnsigned, HttpStatusCode status)
    {
        await using var server = await KinesisFrontServer.StartAsync(keys: isUnsigned ? new FakeAccessKeys() : null);
        using var body = new CountedContent();
        using var request = KinesisFrontServer.Request("PutRecords", [], null);
        (request.Content, request.Version, request.VersionPolicy) = (body, HttpVersion.Version20, HttpVersionPolicy.RequestVersionExact);

        using var response = await server.Client.SendAsync(request, TestContext.Current.CancellationToken).WaitAsync(Waiting.Long);

        Assert.Equal((status, Bytes), (response.StatusCode, body.Sent));
    }

    /// <summary>A body that counts what was taken of it.</summary>
    private sealed class CountedContent : HttpContent
    {
        public CountedContent() => Headers.ContentType = MediaTypeHeaderValue.Parse(KinesisFrontServer.JsonType);

        public int Sent { get; private set; }

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            var part = new byte[50_000];
            while (Sent < Bytes)
            {
                // Before: the answer may come before the last write has returned.
                Sent += part.Length;
                await stream.WriteAsync(part);
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = Bytes;
            return true;
        }
    }
}
