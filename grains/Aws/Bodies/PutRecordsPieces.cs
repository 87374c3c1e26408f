using System.Globalization;
using Orleans.Kpl.Aws.Wire.Cbor;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Aws.Bodies;

/// <summary>
/// The CBOR of one PutRecords call, piece by piece, once to be hashed for the signature and once to be sent. A piece is what was written
/// into the caller's buffer or, where data is large, that data where it lies: unlike base64 it goes out as it is.
/// </summary>
internal struct PutRecordsPieces
{
    /// <summary>Name and head of what surrounds a record's data and key: at most so many bytes, digits of the hash key counted.</summary>
    private const int Framing = 96;

    private readonly ReadOnlyMemory<PutRecordsEntry> _entries;
    private readonly byte[] _streamMember;
    private readonly int _directFrom;
    private int _entry;
    private int _offset;
    private Place _place;

    /// <param name="entries">What is sent.</param>
    /// <param name="streamMember">The member that names the stream.</param>
    /// <param name="directFrom">Bytes of data from which on it is a piece of its own, where it lies; less is copied into the buffer.</param>
    public PutRecordsPieces(ReadOnlyMemory<PutRecordsEntry> entries, byte[] streamMember, int directFrom)
    {
        _entries = entries;
        _streamMember = streamMember;
        _directFrom = directFrom;
    }

    private enum Place
    {
        /// <summary>Before the first record.</summary>
        Start = 0,
        Record,
        Data,
        Keys,
        Stream,
        End,
    }

    /// <summary>The smallest buffer that <see cref="Next"/> gets on with.</summary>
    public static int SmallestBuffer(ReadOnlySpan<PutRecordsEntry> entries, byte[] streamMember)
    {
        var longestKey = 0;
        foreach (ref readonly var entry in entries)
            longestKey = Math.Max(longestKey, entry.PartitionKey.Length);
        return Math.Max(longestKey, streamMember.Length) + Framing;
    }

    /// <summary>At most as many bytes as the whole has.</summary>
    public static long LongestText(ReadOnlySpan<PutRecordsEntry> entries, byte[] streamMember)
    {
        var length = (long)streamMember.Length + Framing;
        foreach (ref readonly var entry in entries)
            length += entry.Data.Length + entry.PartitionKey.Length + Framing;
        return length;
    }

    /// <summary>An entry's partition key and explicit hash key with their names; the same in PutRecord.</summary>
    public static int WriteKeys(in PutRecordsEntry entry, Span<byte> buffer)
    {
        var written = CborHead.WriteText("PartitionKey"u8, buffer);
        written += CborHead.WriteText(entry.PartitionKey.Span, buffer[written..]);
        written += CborHead.WriteText("ExplicitHashKey"u8, buffer[written..]);
        Span<byte> digits = stackalloc byte[39];
        entry.ExplicitHashKey.TryFormat(digits, out var count, default, CultureInfo.InvariantCulture);
        return written + CborHead.WriteText(digits[..count], buffer[written..]);
    }

    /// <summary>The next piece, which is good until the buffer is used again; false at the end.</summary>
    public bool Next(Memory<byte> buffer, out ReadOnlyMemory<byte> piece)
    {
        if (_place == Place.Data && IsDirect)
        {
            piece = _entries.Span[_entry].Data;
            _place = Place.Keys;
            return true;
        }

        var length = Fill(buffer.Span);
        piece = buffer[..length];
        return length > 0;
    }

    private readonly bool IsDirect => _entries.Span[_entry].Data.Length >= _directFrom;

    /// <summary>Fills the buffer up to its end, to data that is a piece of its own, or to the end of all.</summary>
    private int Fill(Span<byte> buffer)
    {
        var entries = _entries.Span;
        var written = 0;
        while (true)
        {
            var rest = buffer[written..];
            switch (_place)
            {
                case Place.Start:
                    written += WriteStart(entries.Length, rest);
                    _place = entries.Length == 0 ? Place.Stream : Place.Record;
                    break;
                case Place.Record when rest.Length < Framing:
                    return written;
                case Place.Record:
                    written += WriteDataHead(entries[_entry].Data.Length, rest);
                    (_place, _offset) = (Place.Data, 0);
                    break;
                case Place.Data when IsDirect:
                    return written;
                case Place.Data:
                    var data = entries[_entry].Data.Span[_offset..];
                    var part = Math.Min(data.Length, rest.Length);
                    data[..part].CopyTo(rest);
                    written += part;
                    _offset += part;
                    if (part < data.Length)
                        return written;
                    _place = Place.Keys;
                    break;
                case Place.Keys when rest.Length < entries[_entry].PartitionKey.Length + Framing:
                    return written;
                case Place.Keys:
                    written += WriteKeys(entries[_entry], rest);
                    _place = ++_entry < entries.Length ? Place.Record : Place.Stream;
                    break;
                case Place.Stream when rest.Length < _streamMember.Length:
                    return written;
                case Place.Stream:
                    _streamMember.CopyTo(rest);
                    _place = Place.End;
                    return written + _streamMember.Length;
                default:
                    return written;
            }
        }
    }

    private static int WriteStart(int count, Span<byte> buffer)
    {
        var written = CborHead.Write(CborHead.Map, 2, buffer);
        written += CborHead.WriteText("Records"u8, buffer[written..]);
        return written + CborHead.Write(CborHead.Array, count, buffer[written..]);
    }

    private static int WriteDataHead(int length, Span<byte> buffer)
    {
        var written = CborHead.Write(CborHead.Map, 3, buffer);
        written += CborHead.WriteText("Data"u8, buffer[written..]);
        return written + CborHead.Write(CborHead.ByteString, length, buffer[written..]);
    }
}
