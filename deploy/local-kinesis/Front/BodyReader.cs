using Microsoft.AspNetCore.Http;

namespace Orleans.Kpl.LocalKinesis.Front;

/// <summary>Gathers a request's body in one pooled buffer as it arrives.</summary>
internal static class BodyReader
{
    private const int FirstRent = 16 << 10;

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
                if (body.Length + result.Buffer.Length > most) throw KinesisErrors.TooLarge();
                foreach (var segment in result.Buffer) body.Add(segment.Span);
                reader.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted) return body;
            }
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }
}
