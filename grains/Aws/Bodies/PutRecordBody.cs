using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.Wire.Cbor;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Aws.Bodies;

/// <summary>The body of PutRecord, encoded straight from the entry's memory.</summary>
internal sealed class PutRecordBody : RequestBody
{
    private const int Framing = 192;

    private readonly PutRecordsEntry _entry;
    private readonly string? _sequenceNumberForOrdering;
    private readonly StreamRoute _route;
    private readonly byte[] _buffer;
    private int _length;

    public PutRecordBody(in PutRecordsEntry entry, string? sequenceNumberForOrdering, StreamRoute route, WireFormat format)
    {
        (_entry, _sequenceNumberForOrdering, _route, Format) = (entry, sequenceNumberForOrdering, route, format);
        // The members around the data are longest in JSON.
        var longest = (format == WireFormat.Cbor ? entry.Data.Length : Base64.GetMaxEncodedToUtf8Length(entry.Data.Length))
            + (entry.PartitionKey.Length * PutRecordsText.MaxExpansion) + (sequenceNumberForOrdering?.Length ?? 0) + route.Member.Length + Framing;
        _buffer = ArrayPool<byte>.Shared.Rent(longest);
        if (format == WireFormat.Cbor)
            WriteCbor();
        else
            WriteJson();
        SHA256.HashData(_buffer.AsSpan(0, _length), HashBytes);
    }

    public override long Length => _length;

    public override WireFormat Format { get; }

    private Span<byte> Free => _buffer.AsSpan(_length);

    public override ValueTask WriteToAsync(Stream stream, CancellationToken cancellationToken) =>
        stream.WriteAsync(_buffer.AsMemory(0, _length), cancellationToken);

    public override RequestBody InJson() => new PutRecordBody(_entry, _sequenceNumberForOrdering, _route, WireFormat.Json);

    public override void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);

    private void WriteJson()
    {
        Append("{\"Data\":\""u8);
        Base64.EncodeToUtf8(_entry.Data.Span, Free, out _, out var encoded);
        _length += encoded;
        _length += PutRecordsText.WriteKeys(_entry, Free);
        if (_sequenceNumberForOrdering is not null)
        {
            Append(",\"SequenceNumberForOrdering\":\""u8);
            _length += Encoding.ASCII.GetBytes(_sequenceNumberForOrdering, Free);
            Append("\""u8);
        }

        Append(","u8);
        Append(_route.Member);
        Append("}"u8);
    }

    private void WriteCbor()
    {
        _length += CborHead.Write(CborHead.Map, _sequenceNumberForOrdering is null ? 4 : 5, Free);
        _length += CborHead.WriteText("Data"u8, Free);
        _length += CborHead.Write(CborHead.ByteString, _entry.Data.Length, Free);
        Append(_entry.Data.Span);
        _length += PutRecordsPieces.WriteKeys(_entry, Free);
        if (_sequenceNumberForOrdering is not null)
        {
            _length += CborHead.WriteText("SequenceNumberForOrdering"u8, Free);
            _length += CborHead.WriteText(Encoding.ASCII.GetBytes(_sequenceNumberForOrdering), Free);
        }

        Append(_route.CborMember);
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Free);
        _length += bytes.Length;
    }
}
