using System.IO.Compression;
using System.Text;

namespace Orleans.Kpl.Http.Tests.Serving;

/// <summary>Compresses bodies as clients do.</summary>
internal static class Compressed
{
    public static byte[] With(string encoding, string text) => With(encoding, Encoding.UTF8.GetBytes(text));

    public static byte[] With(string encoding, byte[] body)
    {
        using var all = new MemoryStream();
        using (Stream compressor = encoding == "br" ? new BrotliStream(all, CompressionLevel.Optimal) : new GZipStream(all, CompressionLevel.Optimal))
            compressor.Write(body);
        return all.ToArray();
    }

    public static byte[] Undo(byte[] compressed)
    {
        using var plain = new MemoryStream();
        using (var gzip = new GZipStream(new MemoryStream(compressed), CompressionMode.Decompress))
            gzip.CopyTo(plain);
        return plain.ToArray();
    }
}
