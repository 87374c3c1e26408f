using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Orleans.Kpl.LocalKinesis.Front;

namespace Orleans.Kpl.LocalKinesis.Tests.Front;

public class BodyReaderTests
{
    /// <summary>Whoever announced a body, and sent none, had memory for all of it.</summary>
    [Fact]
    public async Task Body_ThatIsOnlyAnnounced_TakesLittleMemory_AndGrowsAsItComes()
    {
        const int Announced = 48 << 20;
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        var context = new DefaultHttpContext { Request = { ContentLength = Announced } };
        context.Features.Set<IRequestBodyPipeFeature>(new Piped(pipe.Reader));

        var before = GC.GetAllocatedBytesForCurrentThread();
        var reading = BodyReader.ReadAsync(context, Announced);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        Assert.False(reading.IsCompleted);

        byte[] sent = [.. Enumerable.Range(0, 100_000).Select(static i => (byte)i)];
        await pipe.Writer.WriteAsync(sent, TestContext.Current.CancellationToken);
        await pipe.Writer.CompleteAsync();
        using var body = await reading;
        Assert.Equal(sent, body.Span.ToArray());
    }

    /// <summary>
    /// The SDK for JavaScript waited for ever: while Node has more than 10 MB to send it takes no answer. curl takes none while its stream ends with it.
    /// </summary>
    [Theory]
    [InlineData("application/x-amz-json-1.1", true, HttpStatusCode.RequestEntityTooLarge)]
    [InlineData("application/x-amz-json-1.1", false, HttpStatusCode.RequestEntityTooLarge)]
    [InlineData("text/plain", false, HttpStatusCode.NotFound)]
    public async Task Refusal_OverHttp2_ComesWhenAllThatIsSentWasRead_AndMoreIsTaken(string contentType, bool isAnnounced, HttpStatusCode status)
    {
        await using var endpoint = await TestEndpoint.StartAsync();
        using var body = new PausedContent(contentType, isAnnounced);
        using var request = TestEndpoint.Message("PutRecords", []);
        (request.Content, request.Version, request.VersionPolicy) = (body, HttpVersion.Version20, HttpVersionPolicy.RequestVersionExact);

        using var response = await endpoint.Http.SendAsync(request, TestContext.Current.CancellationToken).WaitAsync(Waiting.Long);

        Assert.Equal((status, PausedContent.First), (response.StatusCode, body.Sent));
        await body.SendRestAsync().WaitAsync(Waiting.Long);
    }

    [Fact]
    public async Task Refused_WithoutEnd_IsDroppedUpToALimit()
    {
        var body = new EndlessBody();
        var context = new DefaultHttpContext { Request = { Protocol = "HTTP/2" } };
        context.Features.Set<IRequestBodyPipeFeature>(new Piped(body));
        await BodyReader.DiscardAsync(context);
        Assert.Equal(BodyReader.MostDiscarded, body.Taken);
    }

    private sealed record Piped(PipeReader Reader) : IRequestBodyPipeFeature;
}
