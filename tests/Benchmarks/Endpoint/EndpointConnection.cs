using System.Buffers.Text;
using System.Net.Sockets;
using System.Text;
using System.Text.Unicode;

namespace Orleans.Kpl.Benchmarks.Endpoint;

/// <summary>One connection: it receives into memory of the store, where bodies stay until they are verified.</summary>
internal sealed class EndpointConnection(Socket socket, RequestStore store)
{
    private const int LeastRoom = 16 << 10;
    private const string Json = "application/x-amz-json-1.1";

    private readonly RequestBody _request = new();
    private readonly EndpointAnswer _answer = new();
    private byte[] _out = [];
    private byte[] _chunk = [];
    private int _start;
    private int _received;
    private int _generation = -1;
    private int _bodyBytes;
    private string _operation = "";

    /// <summary>Answers until the producer closes.</summary>
    public void Serve()
    {
        socket.NoDelay = true;
        while (Receive())
        {
            while (ReadHead() is var head and not 0 && head + _bodyBytes <= _received)
                Answer(head);
        }
    }

    private bool Receive()
    {
        if (_received == 0)
        {
            // A reset may give the memory to another connection meanwhile.
            socket.Poll(Timeout.InfiniteTimeSpan, SelectMode.SelectRead);
            if (_generation != store.Generation)
                Rent();
        }

        if (_chunk.Length - _start - _received < LeastRoom || !RestFits())
        {
            var old = _chunk.AsSpan(_start, _received);
            Rent();
            old.CopyTo(_chunk);
        }

        var count = socket.Receive(_chunk.AsSpan(_start + _received));
        _received += count;
        return count > 0;
    }

    /// <summary>Whether what is being received ends within the chunk, as far as its head is there.</summary>
    private bool RestFits() => ReadHead() is var head && (head == 0 || _start + head + _bodyBytes <= _chunk.Length);

    /// <summary>Reads the operation and the length of the body out of a head. Returns the head's own length, or 0 while it is not whole.</summary>
    private int ReadHead()
    {
        var received = _chunk.AsSpan(_start, _received);
        var end = received.IndexOf("\r\n\r\n"u8);
        if (end < 0)
            return 0;
        _bodyBytes = -1;
        foreach (var range in received[..end].Split("\r\n"u8))
        {
            var line = received[range];
            var value = line[(line.IndexOf((byte)':') + 1)..].Trim((byte)' ');
            if (HasName(line, "content-length:"u8) && Utf8Parser.TryParse(value, out int length, out _))
                _bodyBytes = length;
            else if (HasName(line, "x-amz-target:"u8))
                _operation = Encoding.ASCII.GetString(value[(value.LastIndexOf((byte)'.') + 1)..]);
        }

        return _bodyBytes >= 0 ? end + 4 : throw new InvalidDataException("a request without Content-Length");

        static bool HasName(ReadOnlySpan<byte> line, ReadOnlySpan<byte> name) => line.Length > name.Length && Ascii.EqualsIgnoreCase(line[..name.Length], name);
    }

    private void Rent()
    {
        _generation = store.Generation;
        _chunk = store.Rent();
        _start = 0;
    }

    private void Answer(int headBytes)
    {
        var body = _chunk.AsMemory(_start + headBytes, _bodyBytes);
        _request.Read(body);
        switch (_operation)
        {
            case "PutRecords":
                store.Add(body);
                Send(_answer.PutRecords(_request), _request.IsCbor ? "application/x-amz-cbor-1.1" : Json);
                break;
            case "ListShards":
                Send(EndpointAnswer.ListShards(_request.Stream), Json);
                break;
            case "DescribeStreamSummary":
                Send(EndpointAnswer.DescribeStreamSummary(_request.Stream), Json);
                break;
            default:
                throw new InvalidOperationException($"the answering endpoint was asked for {_operation}");
        }

        _start += headBytes + _bodyBytes;
        _received -= headBytes + _bodyBytes;
    }

    private void Send(ReadOnlySpan<byte> body, string type)
    {
        if (_out.Length < 512 + body.Length)
            _out = new byte[1024 + (body.Length * 2)];
        Utf8.TryWrite(
            _out,
            $"HTTP/1.1 200 OK\r\nDate: {DateTime.UtcNow:R}\r\nx-amzn-RequestId: {Guid.Empty}\r\nContent-Type: {type}\r\nContent-Length: {body.Length}\r\n\r\n",
            out var length);
        body.CopyTo(_out.AsSpan(length));
        socket.Send(_out.AsSpan(0, length + body.Length));
    }
}
