using System.Buffers.Text;
using System.Text;

namespace Orleans.Kpl.Benchmarks.Endpoint;

/// <summary>The two things of an HTTP/1.1 head that the endpoint needs: the operation and the length of the body.</summary>
internal readonly ref struct RequestHead
{
    private RequestHead(ReadOnlySpan<byte> operation, int headBytes, int bodyBytes)
    {
        Operation = operation;
        HeadBytes = headBytes;
        BodyBytes = bodyBytes;
    }

    /// <summary>What follows <c>Kinesis_20131202.</c>.</summary>
    public ReadOnlySpan<byte> Operation { get; }

    public int HeadBytes { get; }

    public int BodyBytes { get; }

    /// <summary>False while the head is not whole.</summary>
    public static bool TryRead(ReadOnlySpan<byte> received, out RequestHead head)
    {
        head = default;
        var end = received.IndexOf("\r\n\r\n"u8);
        if (end < 0)
            return false;

        ReadOnlySpan<byte> operation = default;
        var length = -1;
        foreach (var range in received[..end].Split("\r\n"u8))
        {
            var line = received[range];
            var colon = line.IndexOf((byte)':');
            if (colon < 0)
                continue;
            var name = line[..colon];
            var value = line[(colon + 1)..].Trim((byte)' ');
            if (Ascii.EqualsIgnoreCase(name, "content-length"u8))
                length = Utf8Parser.TryParse(value, out int number, out _) ? number : -1;
            else if (Ascii.EqualsIgnoreCase(name, "x-amz-target"u8))
                operation = value[(value.LastIndexOf((byte)'.') + 1)..];
        }

        if (length < 0)
            throw new InvalidDataException("a request without Content-Length");
        head = new RequestHead(operation, end + 4, length);
        return true;
    }
}
