using System.Globalization;
using Orleans.Kpl.Aws.Wire.Cbor;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Aws.Bodies;

/// <summary>
/// Produces the CBOR of one PutRecords call piece by piece, once to be hashed for the signature and once to be sent. A piece is CBOR written
/// into the caller's buffer, or a record's large data in place: unlike in base64, data is sent as it is.
/// </summary>
/// <param name="toHash">Whether large data is a piece of its own, in place; else all data is copied into the buffer.</param>
internal sealed class PutRecordsPieces(ReadOnlyMemory<PutRecordsEntry> entries, byte[] streamMember, bool toHash) : IBodyPieces
{
    /// <summary>The most bytes of names and heads around a record's data and key, digits of the hash key included.</summary>
    private const int Framing = 96;

    /// <summary>The size in bytes from which one more call of the hash costs less than copying the data next to its neighbours.</summary>
    private const int HashedWhereItLies = 2048;

    private int _entry;
    private int _offset;
    private BodyStep _step;

    private enum BodyStep
    {
        /// <summary>Before the first record.</summary>
        Start = 0,
        Record,
        Data,
        Keys,
        Stream,
        End,
    }

    public int SmallestBuffer => Math.Max(IBodyPieces.LongestKey(entries.Span), streamMember.Length) + Framing;

    public long Longest
    {
        get
        {
            var length = (long)streamMember.Length + Framing;
            foreach (ref readonly var entry in entries.Span)
                length += entry.Data.Length + entry.PartitionKey.Length + Framing;
            return length;
        }
    }

    /// <summary>Writes an entry's partition key and explicit hash key with their names; PutRecord uses the same members.</summary>
    public static int WriteKeys(in PutRecordsEntry entry, Span<byte> buffer)
    {
        var written = CborHead.WriteText("PartitionKey"u8, buffer);
        written += CborHead.WriteText(entry.PartitionKey.Span, buffer[written..]);
        written += CborHead.WriteText("ExplicitHashKey"u8, buffer[written..]);
        Span<byte> digits = stackalloc byte[39];
        entry.ExplicitHashKey.TryFormat(digits, out var count, default, CultureInfo.InvariantCulture);
        return written + CborHead.WriteText(digits[..count], buffer[written..]);
    }

    public bool Next(Memory<byte> buffer, out ReadOnlyMemory<byte> piece)
    {
        if (_step == BodyStep.Data && IsDirect)
        {
            piece = entries.Span[_entry].Data;
            _step = BodyStep.Keys;
            return true;
        }

        var length = Fill(buffer.Span);
        piece = buffer[..length];
        return length > 0;
    }

    private bool IsDirect => toHash && entries.Span[_entry].Data.Length >= HashedWhereItLies;

    /// <summary>Fills the buffer until it is full, until data that is a piece of its own, or until the end of the body.</summary>
    private int Fill(Span<byte> buffer)
    {
        var all = entries.Span;
        var written = 0;
        while (true)
        {
            var rest = buffer[written..];
            switch (_step)
            {
                case BodyStep.Start:
                    written += WriteStart(all.Length, rest);
                    _step = all.Length == 0 ? BodyStep.Stream : BodyStep.Record;
                    break;
                case BodyStep.Record when rest.Length < Framing:
                    return written;
                case BodyStep.Record:
                    written += WriteDataHead(all[_entry].Data.Length, rest);
                    (_step, _offset) = (BodyStep.Data, 0);
                    break;
                case BodyStep.Data when IsDirect:
                    return written;
                case BodyStep.Data:
                    var data = all[_entry].Data.Span[_offset..];
                    var part = Math.Min(data.Length, rest.Length);
                    data[..part].CopyTo(rest);
                    written += part;
                    _offset += part;
                    if (part < data.Length)
                        return written;
                    _step = BodyStep.Keys;
                    break;
                case BodyStep.Keys when rest.Length < all[_entry].PartitionKey.Length + Framing:
                    return written;
                case BodyStep.Keys:
                    written += WriteKeys(all[_entry], rest);
                    _step = ++_entry < all.Length ? BodyStep.Record : BodyStep.Stream;
                    break;
                case BodyStep.Stream when rest.Length < streamMember.Length:
                    return written;
                case BodyStep.Stream:
                    streamMember.CopyTo(rest);
                    _step = BodyStep.End;
                    return written + streamMember.Length;
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
