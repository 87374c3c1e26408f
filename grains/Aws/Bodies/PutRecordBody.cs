using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.Wire;
using Orleans.Kpl.Aws.Wire.Cbor;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Aws.Bodies;

/// <summary>The body of PutRecord, encoded straight from the entry's memory.</summary>
internal sealed class PutRecordBody : RequestBody
{
    private readonly byte[] _buffer;
    private int _length;

    public PutRecordBody(in PutRecordsEntry entry, string? sequenceNumberForOrdering, byte[] streamMember)
    {
        var longest = Base64.GetMaxEncodedToUtf8Length(entry.Data.Length) + (entry.PartitionKey.Length * JsonEscaping.MaxExpansion)
            + (sequenceNumberForOrdering?.Length ?? 0) + streamMember.Length + 192;
        _buffer = ArrayPool<byte>.Shared.Rent(longest);

        Append("{\"Data\":\""u8);
        Base64.EncodeToUtf8(entry.Data.Span, _buffer.AsSpan(_length), out _, out var encoded);
        _length += encoded;
        Append("\",\"PartitionKey\":\""u8);
        _length += JsonEscaping.Write(entry.PartitionKey.Span, _buffer.AsSpan(_length));
        Append("\",\"ExplicitHashKey\":\""u8);
        entry.ExplicitHashKey.TryFormat(_buffer.AsSpan(_length), out var digits, default, CultureInfo.InvariantCulture);
        _length += digits;
        if (sequenceNumberForOrdering is not null)
        {
            Append("\",\"SequenceNumberForOrdering\":\""u8);
            _length += Encoding.ASCII.GetBytes(sequenceNumberForOrdering, _buffer.AsSpan(_length));
        }

        Append("\","u8);
        Append(streamMember);
        Append("}"u8);
        SHA256.HashData(_buffer.AsSpan(0, _length), HashBytes);

        void Append(ReadOnlySpan<byte> text)
        {
            text.CopyTo(_buffer.AsSpan(_length));
            _length += text.Length;
        }
    }

    public override long Length => _length;

    public override ValueTask WriteToAsync(Stream stream, CancellationToken cancellationToken) =>
        stream.WriteAsync(_buffer.AsMemory(0, _length), cancellationToken);

    public override void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);
}

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
