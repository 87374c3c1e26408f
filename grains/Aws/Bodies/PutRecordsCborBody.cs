using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.Hashing;
using Orleans.Kpl.Aws.Wire.Cbor;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Aws.Bodies;

/// <summary>
/// The body of PutRecords in CBOR. The platform hashes entries in place, and they are copied once into a rented buffer to be sent. Sending each
/// entry's data in place saves that copy but takes more system calls: it was no faster. Hashing a copy was a tenth slower; a lane does.
/// </summary>
internal sealed class PutRecordsCborBody : LongBody
{
    /// <summary>The default size of the buffer, the same as in JSON: as fast as one buffer for the whole body.</summary>
    public const int DefaultPiece = PutRecordsBody.DefaultPiece;

    /// <summary>The size in bytes from which one more call of the hash costs less than copying the data next to its neighbours.</summary>
    private const int HashedWhereItLies = 2048;

    private readonly ReadOnlyMemory<PutRecordsEntry> _entries;
    private readonly StreamRoute _route;
    private readonly byte[] _buffer;
    private readonly int _onlyPiece;

    public PutRecordsCborBody(ReadOnlyMemory<PutRecordsEntry> entries, StreamRoute route, int piece = DefaultPiece)
    {
        (_entries, _route) = (entries, route);
        var smallest = PutRecordsPieces.SmallestBuffer(entries.Span, route.CborMember) + Sha256Lanes.MostPadding;
        var longest = PutRecordsPieces.LongestText(entries.Span, route.CborMember) + Sha256Lanes.MostPadding;
        _buffer = ArrayPool<byte>.Shared.Rent((int)Math.Max(smallest, Math.Min(piece, longest)));

        // A body that fits into the buffer is written only once.
        if (longest > _buffer.Length)
            return;
        Copied().Next(_buffer, out var whole);
        _onlyPiece = whole.Length;
    }

    public override LaneMessage? ForLane => _onlyPiece > 0 ? new LaneMessage(_buffer, _onlyPiece, HashBytes) : null;

    public override WireFormat Format => WireFormat.Cbor;

    public override async ValueTask WriteToAsync(Stream stream, CancellationToken cancellationToken)
    {
        // The buffer may have a piece that the hash needs.
        HashAlone();
        if (_onlyPiece > 0)
        {
            await stream.WriteAsync(_buffer.AsMemory(0, _onlyPiece), cancellationToken).ConfigureAwait(false);
            return;
        }

        var pieces = Copied();
        while (pieces.Next(_buffer, out var next))
            await stream.WriteAsync(next, cancellationToken).ConfigureAwait(false);
    }

    public override RequestBody InJson() => new PutRecordsBody(_entries, _route.Member);

    public override void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);

    protected override long HashAlone(Span<byte> hash)
    {
        if (_onlyPiece > 0)
            return Hashed(_buffer.AsSpan(0, _onlyPiece), hash);
        using var state = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var length = 0L;
        var pieces = new PutRecordsPieces(_entries, _route.CborMember, HashedWhereItLies);
        while (pieces.Next(_buffer, out var next))
        {
            state.AppendData(next.Span);
            length += next.Length;
        }

        state.GetHashAndReset(hash);
        return length;
    }

    private PutRecordsPieces Copied() => new(_entries, _route.CborMember, int.MaxValue);
}

/// <summary>
/// Produces the CBOR of one PutRecords call piece by piece, once to be hashed for the signature and once to be sent. A piece is CBOR written
/// into the caller's buffer, or a record's large data in place: unlike in base64, data is sent as it is.
/// </summary>
internal struct PutRecordsPieces
{
    /// <summary>The most bytes of names and heads around a record's data and key, digits of the hash key included.</summary>
    private const int Framing = 96;

    private readonly ReadOnlyMemory<PutRecordsEntry> _entries;
    private readonly byte[] _streamMember;
    private readonly int _directFrom;
    private int _entry;
    private int _offset;
    private BodyStep _step;

    /// <param name="entries">The records to send.</param>
    /// <param name="streamMember">The member that names the stream.</param>
    /// <param name="directFrom">The size in bytes from which data is a piece of its own, in place; smaller data is copied into the buffer.</param>
    public PutRecordsPieces(ReadOnlyMemory<PutRecordsEntry> entries, byte[] streamMember, int directFrom)
    {
        _entries = entries;
        _streamMember = streamMember;
        _directFrom = directFrom;
    }

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

    /// <summary>The smallest buffer that <see cref="Next"/> can work with.</summary>
    public static int SmallestBuffer(ReadOnlySpan<PutRecordsEntry> entries, byte[] streamMember)
    {
        var longestKey = 0;
        foreach (ref readonly var entry in entries)
            longestKey = Math.Max(longestKey, entry.PartitionKey.Length);
        return Math.Max(longestKey, streamMember.Length) + Framing;
    }

    /// <summary>An upper bound for the bytes of the whole body.</summary>
    public static long LongestText(ReadOnlySpan<PutRecordsEntry> entries, byte[] streamMember)
    {
        var length = (long)streamMember.Length + Framing;
        foreach (ref readonly var entry in entries)
            length += entry.Data.Length + entry.PartitionKey.Length + Framing;
        return length;
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

    /// <summary>Gets the next piece, which is valid until the buffer is used again; false at the end.</summary>
    public bool Next(Memory<byte> buffer, out ReadOnlyMemory<byte> piece)
    {
        if (_step == BodyStep.Data && IsDirect)
        {
            piece = _entries.Span[_entry].Data;
            _step = BodyStep.Keys;
            return true;
        }

        var length = Fill(buffer.Span);
        piece = buffer[..length];
        return length > 0;
    }

    private readonly bool IsDirect => _entries.Span[_entry].Data.Length >= _directFrom;

    /// <summary>Fills the buffer until it is full, until data that is a piece of its own, or until the end of the body.</summary>
    private int Fill(Span<byte> buffer)
    {
        var entries = _entries.Span;
        var written = 0;
        while (true)
        {
            var rest = buffer[written..];
            switch (_step)
            {
                case BodyStep.Start:
                    written += WriteStart(entries.Length, rest);
                    _step = entries.Length == 0 ? BodyStep.Stream : BodyStep.Record;
                    break;
                case BodyStep.Record when rest.Length < Framing:
                    return written;
                case BodyStep.Record:
                    written += WriteDataHead(entries[_entry].Data.Length, rest);
                    (_step, _offset) = (BodyStep.Data, 0);
                    break;
                case BodyStep.Data when IsDirect:
                    return written;
                case BodyStep.Data:
                    var data = entries[_entry].Data.Span[_offset..];
                    var part = Math.Min(data.Length, rest.Length);
                    data[..part].CopyTo(rest);
                    written += part;
                    _offset += part;
                    if (part < data.Length)
                        return written;
                    _step = BodyStep.Keys;
                    break;
                case BodyStep.Keys when rest.Length < entries[_entry].PartitionKey.Length + Framing:
                    return written;
                case BodyStep.Keys:
                    written += WriteKeys(entries[_entry], rest);
                    _step = ++_entry < entries.Length ? BodyStep.Record : BodyStep.Stream;
                    break;
                case BodyStep.Stream when rest.Length < _streamMember.Length:
                    return written;
                case BodyStep.Stream:
                    _streamMember.CopyTo(rest);
                    _step = BodyStep.End;
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
