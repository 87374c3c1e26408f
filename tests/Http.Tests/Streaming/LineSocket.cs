using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Orleans.Kpl.Http.Tests.Streaming;

/// <summary>A client over HTTP/1.1 that sends lines and reads results at once, each in chunks.</summary>
internal sealed class LineSocket : IDisposable
{
    private readonly Socket _socket;
    private readonly NetworkStream _stream;
    private readonly MemoryStream _text = new();
    private bool _hasHead;
    private bool _hasEnded;

    private LineSocket(Socket socket) => (_socket, _stream) = (socket, new NetworkStream(socket));

    /// <summary>The status of the answer, once a line of it was read.</summary>
    public int Status { get; private set; }

    public static async Task<LineSocket> PostAsync(
        Uri server, string target, string type = "application/x-ndjson", string headers = "", int? receiveBuffer = null)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBuffer is { } bytes)
            socket.ReceiveBufferSize = bytes;
        await socket.ConnectAsync(server.Host, server.Port);
        var line = new LineSocket(socket);
        await line.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST {target} HTTP/1.1\r\nHost: x\r\nContent-Type: {type}\r\nTransfer-Encoding: chunked\r\n{headers}\r\n"));
        return line;
    }

    public Task SendAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text));

    /// <summary>Sends a chunk.</summary>
    public Task SendAsync(byte[] bytes) =>
        WriteAsync([.. Encoding.ASCII.GetBytes(bytes.Length.ToString("x", CultureInfo.InvariantCulture) + "\r\n"), .. bytes, .. "\r\n"u8]);

    /// <summary>Sends a line and reads that it was delivered.</summary>
    public async Task DeliverAsync(string line)
    {
        await SendAsync(line);
        Assert.Equal("delivered", (await ReadAsync())?.GetProperty("status").GetString());
    }

    /// <summary>Sends what may be no chunk.</summary>
    public Task SendRawAsync(string text) => WriteAsync(Encoding.ASCII.GetBytes(text));

    /// <summary>Sends the end of the body.</summary>
    public Task EndAsync() => WriteAsync("0\r\n\r\n"u8.ToArray());

    /// <summary>Reads the next line of the answer; null behind the last one.</summary>
    public async Task<string?> ReadTextAsync()
    {
        while (true)
        {
            var text = _text.GetBuffer().AsMemory(0, (int)_text.Length);
            var end = text.Span.IndexOf((byte)'\n');
            if (end >= 0)
            {
                var line = Encoding.UTF8.GetString(text.Span[..end]);
                var rest = text[(end + 1)..].ToArray();
                _text.SetLength(0);
                _text.Write(rest);
                return line;
            }
            if (_hasEnded)
                return text.IsEmpty ? null : throw new InvalidDataException("the answer ends in the middle of a line");
            await ReadChunkAsync();
        }
    }

    public async Task<JsonElement?> ReadAsync() => await ReadTextAsync() is { } text ? JsonDocument.Parse(text).RootElement : null;

    /// <summary>Reads all further lines.</summary>
    public async Task<List<JsonElement>> ReadRestAsync()
    {
        var lines = new List<JsonElement>();
        while (await ReadAsync() is { } line)
            lines.Add(line);
        return lines;
    }

    /// <summary>Ends the connection without an end of the body.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Close();
    }

    public void Dispose()
    {
        _stream.Dispose();
        _socket.Dispose();
    }

    private async Task WriteAsync(byte[] bytes) => await _stream.WriteAsync(bytes, TestContext.Current.CancellationToken);

    private async Task ReadChunkAsync()
    {
        var isChunked = true;
        var length = 0;
        if (!_hasHead)
        {
            _hasHead = true;
            Status = int.Parse((await ReadHeaderAsync()).AsSpan(9, 3), CultureInfo.InvariantCulture);
            while (await ReadHeaderAsync() is { Length: > 0 } header)
            {
                if (header.StartsWith("Content-Length: ", StringComparison.OrdinalIgnoreCase))
                    (isChunked, length) = (false, int.Parse(header.AsSpan(16), CultureInfo.InvariantCulture));
            }
        }
        if (isChunked)
            length = int.Parse(await ReadHeaderAsync(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        var bytes = new byte[length];
        await _stream.ReadExactlyAsync(bytes, TestContext.Current.CancellationToken);
        _text.Write(bytes);
        if (isChunked)
            await ReadHeaderAsync();
        _hasEnded = !isChunked || length == 0;
        if (!isChunked)
            _text.Write("\n"u8);
    }

    private async Task<string> ReadHeaderAsync()
    {
        var line = new List<byte>();
        var one = new byte[1];
        while (true)
        {
            await _stream.ReadExactlyAsync(one, TestContext.Current.CancellationToken);
            if (one[0] == '\n')
                return Encoding.ASCII.GetString([.. line]).TrimEnd('\r');
            line.Add(one[0]);
        }
    }
}
