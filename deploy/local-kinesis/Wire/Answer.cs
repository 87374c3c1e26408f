using Microsoft.AspNetCore.Http;

namespace Orleans.Kpl.LocalKinesis.Wire;

/// <summary>An answer that is ready to be sent.</summary>
internal readonly record struct Answer(int Status, string ContentType, ReadOnlyMemory<byte> Body)
{
    public void WriteHead(HttpResponse response)
    {
        response.StatusCode = Status;
        response.ContentType = ContentType;
        response.ContentLength = Body.Length;
    }

    /// <summary>Sends it as the beginning of an answer that goes on.</summary>
    public async Task SendFirstAsync(HttpContext context)
    {
        (context.Response.StatusCode, context.Response.ContentType) = (Status, ContentType);
        await context.Response.BodyWriter.WriteAsync(Body, context.RequestAborted);
    }

    public async Task SendAsync(HttpContext context)
    {
        WriteHead(context.Response);
        await context.Response.BodyWriter.WriteAsync(Body, context.RequestAborted);
    }
}
