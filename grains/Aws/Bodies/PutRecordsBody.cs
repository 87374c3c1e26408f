using System.Buffers;
using System.Security.Cryptography;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Aws.Bodies;

/// <summary>The body of PutRecords, encoded straight from the entries' memory into one rented buffer.</summary>
internal sealed class PutRecordsBody : LongBody
{
    /// <summary>
    /// The default size of the buffer, in bytes: as fast on the wire as a buffer for the whole body, which would be eight times as large.
    /// Both take 1.19 ns per byte of payload, of which the hash takes 0.74; 256 KiB takes 1.27, 64 KiB 1.44.
    /// </summary>
    public const int DefaultPiece = 1024 * 1024;

    private readonly PutRecordsText _start;
    private readonly byte[] _buffer;
    private readonly int _firstPiece;
    private readonly bool _isWhole;
    private PutRecordsText _text;
    private bool _hasFirstPiece;

    public PutRecordsBody(ReadOnlyMemory<PutRecordsEntry> entries, byte[] streamMember, int piece = DefaultPiece)
    {
        _start = new PutRecordsText(entries, streamMember);
        var smallest = PutRecordsText.SmallestBuffer(entries.Span, streamMember);
        var longest = PutRecordsText.LongestText(entries.Span, streamMember);
        _buffer = ArrayPool<byte>.Shared.Rent((int)Math.Max(smallest + LaneRoom, Math.Min(piece, longest + LaneRoom)));

        _text = _start;
        _firstPiece = _text.Fill(RoomBehind(0).Span);
        _isWhole = _text.IsAtEnd;
        _hasFirstPiece = true;
    }

    public override byte[] Buffer => _buffer;

    public override bool IsAtEnd => _text.IsAtEnd;

    public override int Fill(int kept)
    {
        if (!_hasFirstPiece)
            return _text.Fill(RoomBehind(kept).Span);
        _hasFirstPiece = false;
        return _firstPiece;
    }

    public override async ValueTask WriteToAsync(Stream stream, CancellationToken cancellationToken)
    {
        // The buffer may have a piece that the hash needs.
        HashAlone();
        if (_isWhole)
        {
            await stream.WriteAsync(_buffer.AsMemory(0, _firstPiece), cancellationToken).ConfigureAwait(false);
            return;
        }

        var text = _start;
        for (var filled = text.Fill(_buffer); filled > 0; filled = text.Fill(_buffer))
            await stream.WriteAsync(_buffer.AsMemory(0, filled), cancellationToken).ConfigureAwait(false);
    }

    public override void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);

    protected override long HashAlone(Span<byte> hash)
    {
        if (_isWhole)
            return Hashed(_buffer.AsSpan(0, _firstPiece), hash);
        using var state = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var length = 0L;
        for (var filled = Fill(0); filled > 0; filled = Fill(0))
        {
            state.AppendData(_buffer, 0, filled);
            length += filled;
        }

        state.GetHashAndReset(hash);
        return length;
    }
}
