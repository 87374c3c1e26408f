using System.Net;
using System.Net.Http.Headers;

namespace Orleans.Kpl.Testing;

/// <summary>A body of 20 MB that counts what was taken of it.</summary>
internal sealed class CountedContent : HttpContent
{
    public const int Bytes = 20_000_000;

    public CountedContent(string contentType) => Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);

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
