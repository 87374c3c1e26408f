using Orleans.Kpl.Http;
using Orleans.Kpl.Http.Reading;

namespace Orleans.Kpl.Kinesis.Serving;

/// <summary>Reads the body of a request, within the limits of the HTTP endpoints and those of Kinesis.</summary>
internal static class FrontBody
{
    /// <summary>10 MiB as base64, and as much again as members, keys with escapes and blanks may need.</summary>
    private const long MostBytes = (10L << 20) / 3 * 4 + (2 << 20);

    /// <summary>All others name a stream and a few terms. What their JSON becomes in memory is many times as large, and counted by nobody.</summary>
    private const long MostOthersBytes = 64 << 10;

    /// <exception cref="FrontException">The body is compressed.</exception>
    /// <exception cref="RequestRefusedException">It is too long or too slow, or there is no memory for it.</exception>
    public static ValueTask<ReceivedBody> ReadAsync(HttpContext context, BodyReader bodies, KplHttpOptions options, string? stranger)
    {
        if (context.Request.Headers.ContentEncoding.Count > 0)
            throw FrontErrors.Serialization("Content-Encoding is not supported.");
        var most = FrontOperations.IsPut(context.Request) ? MostBytes : MostOthersBytes;
        return bodies.ReadAsync(context.Request, Math.Min(most, options.MaxBodyBytes), stranger);
    }
}
