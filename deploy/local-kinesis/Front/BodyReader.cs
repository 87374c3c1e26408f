using Microsoft.AspNetCore.Http;

namespace Orleans.Kpl.LocalKinesis.Front;

/// <summary>Gathers a request's body in one pooled buffer as it arrives.</summary>
internal static class BodyReader
{
    private const int FirstRent = 16 << 10;

    /// <summary>How long a refused body is read and dropped, as Kestrel does over HTTP/1.1.</summary>
    private static readonly TimeSpan LongestDiscard = TimeSpan.FromSeconds(5);

    /// <summary>The body; the caller disposes it.</summary>
    public static async ValueTask<PooledBytes> ReadAsync(HttpContext context, long most)
    {
        var announced = context.Request.ContentLength ?? FirstRent;
        if (announced > most) throw KinesisErrors.TooLarge();
        // Memory is for what has come: nobody has proved yet who announces it.
        var body = new PooledBytes((int)Math.Min(announced, FirstRent) + 1);
        try
        {
            var reader = context.Request.BodyReader;
            while (true)
            {
                var result = await reader.ReadAsync(context.RequestAborted);
                foreach (var segment in result.Buffer) body.Add(segment.Span);
                reader.AdvanceTo(result.Buffer.End);
                if (body.Length > most) throw KinesisErrors.TooLarge();
                if (result.IsCompleted) return body;
            }
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Reads and drops the rest of a refused body over HTTP/2; over HTTP/1.1 the server does so itself. Node reads no answer while it has more than 10 MB to
    /// send, so the SDK for JavaScript would wait for ever.
    /// </summary>
    public static async Task DiscardAsync(HttpContext context)
    {
        if (!HttpProtocol.IsHttp2(context.Request.Protocol)) return;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        limit.CancelAfter(LongestDiscard);
        try
        {
            await context.Request.BodyReader.CopyToAsync(Stream.Null, limit.Token);
        }
        catch (Exception ended) when (ended is OperationCanceledException or IOException)
        {
            // The client is gone, or sends no more, or too slowly.
        }
    }
}
