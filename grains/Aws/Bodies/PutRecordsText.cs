using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using Orleans.Kpl.Aws.Wire;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Aws.Bodies;

/// <summary>
/// Writes the JSON of one PutRecords call piece by piece into buffers of any size: once to be hashed for the signature and once to be sent.
/// A call of any size therefore needs one small buffer, and its bytes stay in the processor's cache.
/// </summary>
internal struct PutRecordsText
{
    private readonly ReadOnlyMemory<PutRecordsEntry> _entries;
    private readonly byte[] _streamMember;
    private int _entry;
    private int _offset;
    private bool _inData;
    private bool _ended;

    /// <param name="entries">The records to send.</param>
    /// <param name="streamMember">The member that names the stream, such as <c>"StreamName":"events"</c>.</param>
    public PutRecordsText(ReadOnlyMemory<PutRecordsEntry> entries, byte[] streamMember)
    {
        _entries = entries;
        _streamMember = streamMember;
    }

    /// <summary>The smallest buffer that <see cref="Fill"/> can work with.</summary>
    public static int SmallestBuffer(ReadOnlySpan<PutRecordsEntry> entries, byte[] streamMember)
    {
        var longestKey = 0;
        foreach (ref readonly var entry in entries)
            longestKey = Math.Max(longestKey, entry.PartitionKey.Length);
        return Math.Max(longestKey * JsonEscaping.MaxExpansion, streamMember.Length) + 128;
    }

    /// <summary>An upper bound for the bytes of the whole text.</summary>
    public static long LongestText(ReadOnlySpan<PutRecordsEntry> entries, byte[] streamMember)
    {
        var length = (long)streamMember.Length + 32;
        foreach (ref readonly var entry in entries)
            length += Base64.GetMaxEncodedToUtf8Length(entry.Data.Length) + (entry.PartitionKey.Length * JsonEscaping.MaxExpansion) + 112;
        return length;
    }

    /// <summary>Whether the whole text was written.</summary>
    public readonly bool IsAtEnd => _ended;

    /// <summary>Writes the next piece and returns its length; 0 at the end.</summary>
    public int Fill(Span<byte> buffer)
    {
        var entries = _entries.Span;
        var written = 0;
        while (_entry < entries.Length)
        {
            ref readonly var entry = ref entries[_entry];
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

            if (buffer.Length - written < (entry.PartitionKey.Length * JsonEscaping.MaxExpansion) + 96)
                return written;
            written += WriteKeys(entry, buffer[written..]);
            _inData = false;
            _entry++;
        }

        if (_ended || buffer.Length - written < _streamMember.Length + 32)
            return written;
        _ended = true;
        written += Write(entries.Length == 0 ? "{\"Records\":[],"u8 : "],"u8, buffer[written..]);
        written += Write(_streamMember, buffer[written..]);
        buffer[written++] = (byte)'}';
        return written;
    }

    private static int WriteKeys(in PutRecordsEntry entry, Span<byte> buffer)
    {
        var written = Write("\",\"PartitionKey\":\""u8, buffer);
        written += JsonEscaping.Write(entry.PartitionKey.Span, buffer[written..]);
        written += Write("\",\"ExplicitHashKey\":\""u8, buffer[written..]);
        entry.ExplicitHashKey.TryFormat(buffer[written..], out var digits, default, CultureInfo.InvariantCulture);
        written += digits;
        return written + Write("\"}"u8, buffer[written..]);
    }

    private static int Write(ReadOnlySpan<byte> text, Span<byte> buffer)
    {
        text.CopyTo(buffer);
        return text.Length;
    }
}
