using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Orleans.Kpl.Aws.Tests.Serving;

/// <summary>The server's end of one connection: reads requests, writes whatever a test wants on the wire.</summary>
internal sealed class WireConnection(Socket socket, Stream stream)
{
    private readonly List<byte> _pending = [];

    public async Task<ReceivedRequest?> ReadRequestAsync()
    {
        var head = await ReadHeadAsync();
        if (head is null)
            return null;
        var lines = head.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var headers = lines.Skip(1)
            .Select(line => line.Split(':', 2))
            .ToDictionary(parts => parts[0], parts => parts[1].Trim(), StringComparer.OrdinalIgnoreCase);
        var length = headers.TryGetValue("Content-Length", out var text) ? int.Parse(text, CultureInfo.InvariantCulture) : 0;
        var body = new byte[length];
        var have = Math.Min(length, _pending.Count);
        _pending.CopyTo(0, body, 0, have);
        _pending.RemoveRange(0, have);
        await stream.ReadExactlyAsync(body.AsMemory(have));
        return new ReceivedRequest(lines[0], headers, body);
    }

    public async Task WriteAsync(string raw) => await stream.WriteAsync(Encoding.UTF8.GetBytes(raw));

    public Task AnswerAsync(int status, string body, string contentType = "application/x-amz-json-1.1", string extraHeaders = "") => WriteAsync(
        $"HTTP/1.1 {status.ToString(CultureInfo.InvariantCulture)} X\r\nContent-Type: {contentType}\r\n{extraHeaders}"
        + $"Content-Length: {Encoding.UTF8.GetByteCount(body).ToString(CultureInfo.InvariantCulture)}\r\n\r\n{body}");

    public async Task AnswerAsync(int status, byte[] body, string contentType)
    {
        await WriteAsync($"HTTP/1.1 {status} X\r\nContent-Type: {contentType}\r\nContent-Length: {body.Length}\r\n\r\n");
        await stream.WriteAsync(body);
    }

    /// <summary>Ends the connection with a reset.</summary>
    public void Reset()
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Close();
    }

    /// <summary>The other end went away.</summary>
    public async Task WaitForEndAsync()
    {
        try
        {
            var buffer = new byte[4096];
            while (await stream.ReadAsync(buffer) > 0)
            {
            }
        }
        catch (IOException)
        {
        }
    }

    private async Task<string?> ReadHeadAsync()
    {
        var buffer = new byte[16 * 1024];
        while (true)
        {
            var end = FindHeadEnd();
            if (end >= 0)
            {
                var head = Encoding.ASCII.GetString([.. _pending.Take(end)]);
                _pending.RemoveRange(0, end + 4);
                return head;
            }

            var read = await stream.ReadAsync(buffer);
            if (read == 0)
                return null;
            _pending.AddRange(buffer.AsSpan(0, read));
        }
    }

    private int FindHeadEnd()
    {
        for (var i = 0; i + 3 < _pending.Count; i++)
        {
            if (_pending[i] == '\r' && _pending[i + 1] == '\n' && _pending[i + 2] == '\r' && _pending[i + 3] == '\n')
                return i;
        }

        return -1;
    }
}
