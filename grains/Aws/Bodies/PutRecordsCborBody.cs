using System.Buffers;
using System.Security.Cryptography;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.Hashing;
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
