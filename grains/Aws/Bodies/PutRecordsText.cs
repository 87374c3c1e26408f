using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text.Encodings.Web;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Aws.Bodies;

/// <summary>
/// Writes the JSON of one PutRecords call piece by piece into buffers of any size: once to be hashed for the signature and once to be sent.
/// A call of any size therefore needs one small buffer, and its bytes stay in the processor's cache.
/// </summary>
/// <param name="streamMember">The member that names the stream, such as <c>"StreamName":"events"</c>.</param>
internal sealed class PutRecordsText(ReadOnlyMemory<PutRecordsEntry> entries, byte[] streamMember) : IBodyPieces
{
    /// <summary>The most bytes that one byte of a partition key takes in JSON.</summary>
    public const int MaxExpansion = 6;

    private int _entry;
    private int _offset;
    private bool _inData;
    private bool _ended;

    public int SmallestBuffer => Math.Max(IBodyPieces.LongestKey(entries.Span) * MaxExpansion, streamMember.Length) + 128;

    public long Longest
    {
        get
        {
            var length = (long)streamMember.Length + 32;
            foreach (ref readonly var entry in entries.Span)
                length += Base64.GetMaxEncodedToUtf8Length(entry.Data.Length) + (entry.PartitionKey.Length * MaxExpansion) + 112;
            return length;
        }
    }

    /// <summary>Ends an entry's data, and writes its keys; PutRecord uses the same members.</summary>
    public static int WriteKeys(in PutRecordsEntry entry, Span<byte> buffer)
    {
        var written = Write("\",\"PartitionKey\":\""u8, buffer);
        JavaScriptEncoder.UnsafeRelaxedJsonEscaping.EncodeUtf8(entry.PartitionKey.Span, buffer[written..], out _, out var key);
        written += key;
        written += Write("\",\"ExplicitHashKey\":\""u8, buffer[written..]);
        entry.ExplicitHashKey.TryFormat(buffer[written..], out var digits, default, CultureInfo.InvariantCulture);
        written += digits;
        return written + Write("\""u8, buffer[written..]);
    }

    public bool Next(Memory<byte> buffer, out ReadOnlyMemory<byte> piece)
    {
        piece = buffer[..Fill(buffer.Span)];
        return !piece.IsEmpty;
    }

    private int Fill(Span<byte> buffer)
    {
        var all = entries.Span;
        var written = 0;
        while (_entry < all.Length)
        {
            ref readonly var entry = ref all[_entry];
            if (!_inData)
            {
                if (buffer.Length - written < 32)
                    return written;
                written += Write(_entry == 0 ? "{\"Records\":[{\"Data\":\""u8 : ",{\"Data\":\""u8, buffer[written..]);
                _inData = true;
                _offset = 0;
            }

            var data = entry.Data.Span;
            if (_offset < data.Length)
            {
                var status = Base64.EncodeToUtf8(data[_offset..], buffer[written..], out var consumed, out var encoded);
                _offset += consumed;
                written += encoded;
                if (status == OperationStatus.DestinationTooSmall)
                    return written;
            }

            if (buffer.Length - written < (entry.PartitionKey.Length * MaxExpansion) + 96)
                return written;
            written += WriteKeys(entry, buffer[written..]);
            buffer[written++] = (byte)'}';
            _inData = false;
            _entry++;
        }

        if (_ended || buffer.Length - written < streamMember.Length + 32)
            return written;
        _ended = true;
        written += Write(all.Length == 0 ? "{\"Records\":[],"u8 : "],"u8, buffer[written..]);
        written += Write(streamMember, buffer[written..]);
        buffer[written++] = (byte)'}';
        return written;
    }

    private static int Write(ReadOnlySpan<byte> text, Span<byte> buffer)
    {
        text.CopyTo(buffer);
        return text.Length;
    }
}
