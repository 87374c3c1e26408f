using System.Buffers;
using System.Security.Cryptography;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Aws.Bodies;

/// <summary>The body of PutRecords, encoded straight from the entries' memory into one rented buffer.</summary>
internal sealed class PutRecordsBody : RequestBody
{
    /// <summary>
    /// The default size of the buffer, in bytes: as fast on the wire as a buffer for the whole body, which would be eight times as large.
    /// Both take 1.19 ns per byte of payload, of which the hash takes 0.74; 256 KiB takes 1.27, 64 KiB 1.44.
    /// </summary>
    public const int DefaultPiece = 1024 * 1024;

    private readonly PutRecordsText _start;
    private readonly byte[] _buffer;
    private readonly int _onlyPiece;

    public PutRecordsBody(ReadOnlyMemory<PutRecordsEntry> entries, byte[] streamMember, int piece = DefaultPiece)
    {
        _start = new PutRecordsText(entries, streamMember);
        var smallest = PutRecordsText.SmallestBuffer(entries.Span, streamMember);
        var longest = PutRecordsText.LongestText(entries.Span, streamMember);
        _buffer = ArrayPool<byte>.Shared.Rent((int)Math.Max(smallest, Math.Min(piece, longest)));

        var text = _start;
        var first = text.Fill(_buffer);
        if (text.IsAtEnd)
        {
            Length = _onlyPiece = first;
            SHA256.HashData(_buffer.AsSpan(0, first), HashBytes);
            return;
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var filled = first; filled > 0; filled = text.Fill(_buffer))
        {
            hash.AppendData(_buffer, 0, filled);
            Length += filled;
        }

        hash.GetHashAndReset(HashBytes);
    }

    public override long Length { get; }

    public override async ValueTask WriteToAsync(Stream stream, CancellationToken cancellationToken)
    {
        if (_onlyPiece > 0)
        {
            await stream.WriteAsync(_buffer.AsMemory(0, _onlyPiece), cancellationToken).ConfigureAwait(false);
            return;
        }

        var text = _start;
        for (var filled = text.Fill(_buffer); filled > 0; filled = text.Fill(_buffer))
            await stream.WriteAsync(_buffer.AsMemory(0, filled), cancellationToken).ConfigureAwait(false);
    }

    public override void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);
}
