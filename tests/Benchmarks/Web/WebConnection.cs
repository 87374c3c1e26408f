using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Orleans.Kpl.Benchmarks.Web;

/// <summary>
/// One connection of HTTP/1.1 that sends what is given to it and reads whole answers. It does as little as it can: what is measured is the server, and
/// this shares a processor with the endpoint.
/// </summary>
internal sealed class WebConnection : IDisposable
{
    private readonly NetworkStream _stream;
    private byte[] _buffer = new byte[1 << 10];

    private WebConnection(NetworkStream stream) => _stream = stream;

    public static async Task<WebConnection> OpenAsync(Uri url)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, url.Port));
        return new WebConnection(new NetworkStream(socket, ownsSocket: true));
    }

    /// <summary>Sends a request and returns the body of its answer, which is valid until the next one.</summary>
    /// <exception cref="BenchFailedException">The answer is no 200 with a Content-Length.</exception>
    public async ValueTask<ReadOnlyMemory<byte>> AskAsync(ReadOnlyMemory<byte> request)
    {
        await _stream.WriteAsync(request);
        var (received, head, body) = (0, 0, 0);
        while (head == 0 || received < head + body)
        {
            if (received == _buffer.Length)
                Array.Resize(ref _buffer, _buffer.Length * 2);
            var count = await _stream.ReadAsync(_buffer.AsMemory(received));
            if (count == 0)
                throw new BenchFailedException("the tier closed a connection");
            received += count;
            if (head == 0 && _buffer.AsSpan(0, received).IndexOf("\r\n\r\n"u8) is > 0 and var end)
                (head, body) = (end + 4, LengthIn(_buffer.AsSpan(0, end + 4)));
        }

        return _buffer.AsMemory(head, body);
    }

    public void Dispose() => _stream.Dispose();

    private static int LengthIn(ReadOnlySpan<byte> head)
    {
        var at = head.IndexOf("Content-Length: "u8);
        if (!head.StartsWith("HTTP/1.1 200 "u8) || at < 0 || !Utf8Parser.TryParse(head[(at + "Content-Length: ".Length)..], out int length, out _))
            throw new BenchFailedException($"the tier answered {Encoding.ASCII.GetString(head)}");
        return length;
    }
}
