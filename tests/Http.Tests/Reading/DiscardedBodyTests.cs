using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Orleans.Kpl.Http.Reading;

namespace Orleans.Kpl.Http.Tests.Reading;

/// <remarks>Tests <see cref="BodyReader"/>; RefusedBodyTests has it over a connection.</remarks>
public sealed class DiscardedBodyTests
{
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
