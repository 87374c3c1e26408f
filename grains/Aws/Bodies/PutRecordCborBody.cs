using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.Wire.Cbor;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Aws.Bodies;

/// <summary>The body of PutRecord in CBOR.</summary>
internal sealed class PutRecordCborBody : RequestBody
{
    private readonly PutRecordsEntry _entry;
    private readonly string? _sequenceNumberForOrdering;
    private readonly StreamRoute _route;
    private readonly byte[] _buffer;
    private int _length;

    public PutRecordCborBody(in PutRecordsEntry entry, string? sequenceNumberForOrdering, StreamRoute route)
    {
        (_entry, _sequenceNumberForOrdering, _route) = (entry, sequenceNumberForOrdering, route);
        var longest = entry.Data.Length + entry.PartitionKey.Length + (sequenceNumberForOrdering?.Length ?? 0) + route.CborMember.Length + 192;
        _buffer = ArrayPool<byte>.Shared.Rent(longest);

        _length += CborHead.Write(CborHead.Map, sequenceNumberForOrdering is null ? 4 : 5, _buffer);
        AppendText("Data"u8);
        _length += CborHead.Write(CborHead.ByteString, entry.Data.Length, _buffer.AsSpan(_length));
        Append(entry.Data.Span);
        _length += PutRecordsPieces.WriteKeys(entry, _buffer.AsSpan(_length));
        if (sequenceNumberForOrdering is not null)
        {
            AppendText("SequenceNumberForOrdering"u8);
            _length += CborHead.Write(CborHead.TextString, sequenceNumberForOrdering.Length, _buffer.AsSpan(_length));
            _length += Encoding.ASCII.GetBytes(sequenceNumberForOrdering, _buffer.AsSpan(_length));
        }

        Append(route.CborMember);
        SHA256.HashData(_buffer.AsSpan(0, _length), HashBytes);
    }

    public override long Length => _length;

    public override WireFormat Format => WireFormat.Cbor;

    public override ValueTask WriteToAsync(Stream stream, CancellationToken cancellationToken) =>
        stream.WriteAsync(_buffer.AsMemory(0, _length), cancellationToken);

    public override RequestBody InJson() => new PutRecordBody(_entry, _sequenceNumberForOrdering, _route.Member);

    public override void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);

    private void AppendText(ReadOnlySpan<byte> utf8) => _length += CborHead.WriteText(utf8, _buffer.AsSpan(_length));

    private void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_buffer.AsSpan(_length));
        _length += bytes.Length;
    }
}
