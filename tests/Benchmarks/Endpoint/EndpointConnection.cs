using System.Formats.Cbor;
using System.Net.Sockets;
using System.Text;
using System.Text.Unicode;

namespace Orleans.Kpl.Benchmarks.Endpoint;

/// <summary>One connection on a thread of its own: blocking calls cost the least where few connections carry much.</summary>
internal sealed class EndpointConnection(EndpointWire wire, RequestStore store)
{
    private const int LeastRoom = 16 * 1024;
    private const string Json = "application/x-amz-json-1.1";

    private readonly PutRecordsAnswer _answer = new();
    private byte[] _out = [];
    private byte[] _chunk = [];
    private int _start;
    private int _received;
    private int _generation = -1;

    public void Serve()
    {
        using (wire)
        {
            try
            {
                while (Receive())
                {
                    while (RequestHead.TryRead(_chunk.AsSpan(_start, _received), out var head) && _received >= head.HeadBytes + head.BodyBytes)
                        Answer(head);
                }
            }
            catch (Exception e) when ((e as SocketException ?? e.InnerException) is SocketException
            {
                SocketErrorCode: SocketError.ConnectionReset or SocketError.Shutdown,
            })
            {
                // The producer has closed: the end of a run.
            }
        }
    }

    private bool Receive()
    {
        if (_received == 0)
        {
            // A reset may give the memory to another connection meanwhile.
            wire.Wait();
            if (_generation != store.Generation)
                Take();
        }

        if (_chunk.Length - _start - _received < LeastRoom || !RestFits())
            Move();
        var count = wire.Receive(_chunk.AsSpan(_start + _received));
        _received += count;
        return count > 0;
    }

    /// <summary>Whether what is being received ends within the chunk, as far as its head is there.</summary>
    private bool RestFits() =>
        !RequestHead.TryRead(_chunk.AsSpan(_start, _received), out var head) || _start + head.HeadBytes + head.BodyBytes <= _chunk.Length;

    private void Take()
    {
        _generation = store.Generation;
        _chunk = store.Rent();
        _start = 0;
    }

    private void Move()
    {
        var old = _chunk.AsSpan(_start, _received);
        Take();
        old.CopyTo(_chunk);
    }

    private void Answer(RequestHead head)
    {
        var body = _chunk.AsMemory(_start + head.HeadBytes, head.BodyBytes);
        if (head.Operation.SequenceEqual("PutRecords"u8))
        {
            var shards = StreamOf(body.Span);
            _answer.Write(body, shards);
            store.Add(new StoredRequest(body, shards));
            Send("200 OK", _answer.Body, PutRecordsReader.IsCbor(body.Span) ? "application/x-amz-cbor-1.1" : Json);
        }
        else if (head.Operation.SequenceEqual("ListShards"u8))
        {
            Send("200 OK", StreamAnswers.ListShards(StreamOf(body.Span)));
        }
        else if (head.Operation.SequenceEqual("DescribeStreamSummary"u8))
        {
            Send("200 OK", StreamAnswers.DescribeStreamSummary(StreamOf(body.Span)));
        }
        else
        {
            Send("400 Bad Request", "{\"__type\":\"UnknownOperationException\"}"u8);
        }

        _start += head.HeadBytes + head.BodyBytes;
        _received -= head.HeadBytes + head.BodyBytes;
    }

    /// <summary>The stream's name stands before or after the records: read from whichever end has it.</summary>
    private static ShardRanges StreamOf(ReadOnlySpan<byte> body)
    {
        var end = body[^Math.Min(body.Length, 512)..];
        var name = PutRecordsReader.IsCbor(body) ? CborNameIn(end) : NameIn(body[..Math.Min(body.Length, 512)]) ?? NameIn(end);
        return ShardRanges.OfStream(name ?? throw new InvalidDataException("a request without StreamName"));
    }

    /// <summary>The last member of a body in CBOR, as our client writes it.</summary>
    private static string? CborNameIn(ReadOnlySpan<byte> end)
    {
        // The letter is the head of a text of ten characters.
        var at = end.LastIndexOf("jStreamName"u8);
        if (at < 0)
            return null;
        var cbor = new CborReader(end[(at + 11)..].ToArray(), CborConformanceMode.Lax, allowMultipleRootLevelValues: true);
        return cbor.ReadTextString();
    }

    private static string? NameIn(ReadOnlySpan<byte> part)
    {
        var at = part.IndexOf("\"StreamName\""u8);
        if (at < 0)
            return null;
        var value = part[(at + 12)..];
        value = value[(value.IndexOf((byte)'"') + 1)..];
        // A name that the part cuts through lies behind the records, and is whole at the other end.
        return value.IndexOf((byte)'"') is >= 0 and var length ? Encoding.ASCII.GetString(value[..length]) : null;
    }

    private void Send(string status, ReadOnlySpan<byte> body, string type = Json)
    {
        if (_out.Length < 512 + body.Length)
            _out = new byte[1024 + (body.Length * 2)];
        Utf8.TryWrite(_out,
            $"HTTP/1.1 {status}\r\nDate: {DateTime.UtcNow:R}\r\nx-amzn-RequestId: 00000000-0000-0000-0000-000000000000\r\nContent-Type: {type}\r\nContent-Length: {body.Length}\r\n\r\n",
            out var length);
        body.CopyTo(_out.AsSpan(length));
        wire.Send(_out.AsSpan(0, length + body.Length));
    }
}
