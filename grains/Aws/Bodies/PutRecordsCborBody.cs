using System.Buffers;
using System.Security.Cryptography;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Aws.Bodies;

/// <summary>
/// The body of PutRecords in CBOR. The entries are hashed in place, and copied once into a rented buffer to be sent. Sending each entry's
/// data in place saves that copy but takes more system calls: it was no faster. Hashing a copy was a tenth slower.
/// </summary>
internal sealed class PutRecordsCborBody : RequestBody
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
        var smallest = PutRecordsPieces.SmallestBuffer(entries.Span, route.CborMember);
        var longest = PutRecordsPieces.LongestText(entries.Span, route.CborMember);
        _buffer = ArrayPool<byte>.Shared.Rent((int)Math.Max(smallest, Math.Min(piece, longest)));

        // A body that fits into the buffer is written only once.
        if (longest <= _buffer.Length)
        {
            Copied().Next(_buffer, out var whole);
            Length = _onlyPiece = whole.Length;
            SHA256.HashData(whole.Span, HashBytes);
            return;
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var pieces = new PutRecordsPieces(entries, route.CborMember, HashedWhereItLies);
        while (pieces.Next(_buffer, out var next))
        {
            hash.AppendData(next.Span);
            Length += next.Length;
        }

        hash.GetHashAndReset(HashBytes);
    }

    public override long Length { get; }

    public override WireFormat Format => WireFormat.Cbor;

    public override async ValueTask WriteToAsync(Stream stream, CancellationToken cancellationToken)
    {
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

    private PutRecordsPieces Copied() => new(_entries, _route.CborMember, int.MaxValue);
}
