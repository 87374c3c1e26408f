using Microsoft.AspNetCore.Http;

namespace Orleans.Kpl.LocalKinesis.Front;

/// <summary>Gathers a request's body in one pooled buffer as it arrives.</summary>
internal static class BodyReader
{
    private const int FirstRent = 16 << 10;

    /// <summary>How much of a refused body is read and dropped at once.</summary>
    internal const long MostDiscarded = 256 << 20;

    /// <summary>How long a refused body is read and dropped, as Kestrel does over HTTP/1.1.</summary>
    private static readonly TimeSpan LongestDiscard = TimeSpan.FromSeconds(5);

    /// <summary>For how long nothing comes where a client waits for its answer.</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

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
    /// Over HTTP/2, reads and drops what comes of a refused body: before the answer, and again after it, which is ended then. Over HTTP/1.1 the server does so
    /// itself. Node has more than 10 MB to send at once, and fails or waits for ever where the answer comes first; curl takes none whose stream ends with it.
    /// </summary>
    public static async Task DiscardAsync(HttpContext context)
    {
        if (!HttpProtocol.IsHttp2(context.Request.Protocol)) return;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        using var pause = CancellationTokenSource.CreateLinkedTokenSource(limit.Token);
        limit.CancelAfter(LongestDiscard);
        try
        {
            if (context.Response.HasStarted) await context.Response.CompleteAsync();
            for (var left = MostDiscarded; left > 0;)
            {
                pause.CancelAfter(LongestPause);
                var read = await context.Request.BodyReader.ReadAsync(pause.Token);
                left -= read.Buffer.Length;
                context.Request.BodyReader.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted) return;
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or IOException or InvalidOperationException)
        {
            // The client is gone, or sends no more, or too slowly.
        }
    }
}
