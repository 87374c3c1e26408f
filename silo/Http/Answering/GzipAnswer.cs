using System.IO.Compression;
using Microsoft.Net.Http.Headers;

namespace Orleans.Kpl.Http.Answering;

/// <summary>Answers that are compressed with gzip where their reader takes it.</summary>
internal static class GzipAnswer
{
    private const string Coding = "gzip";

    /// <summary>Whether the reader takes gzip (RFC 9110, 12.5.3). The headers of the answer say so.</summary>
    public static bool IsTaken(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.Vary = HeaderNames.AcceptEncoding;
        var isTaken = context.Request.GetTypedHeaders().AcceptEncoding
            .Any(static e => e.Value.Equals(Coding, StringComparison.OrdinalIgnoreCase) && e.Quality != 0);
        if (isTaken)
            headers.ContentEncoding = Coding;
        return isTaken;
    }

    public static byte[] Compress(ReadOnlySpan<byte> plain, CompressionLevel level)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, level))
            gzip.Write(plain);
        return compressed.ToArray();
    }
}
