using System.IO.Compression;
using Orleans.Kpl.Http.Answering;

namespace Orleans.Kpl.Http.Reading.Inflating;

/// <summary>
/// Inflates gzip, of one member or several. .NET's reader takes a body that was cut off for a whole one, and ignores what follows a member. So a member
/// of our own is put behind the body: where its text does not come out at the end, the body was not whole.
/// </summary>
internal sealed class GzipInflation(ArrivedBytes source) : BodyInflation(source)
{
    /// <summary>The member behind the body.</summary>
    public static readonly ReadOnlyMemory<byte> Ending = GzipAnswer.Compress(Mark, CompressionLevel.Optimal);

    private readonly GZipStream _gzip = new(source, CompressionMode.Decompress, leaveOpen: true);
    private int _start; // of what came out and was not read
    private int _end;
    private bool _isOver;

    private static ReadOnlySpan<byte> Mark => "the body was whole when this came out of it"u8;

    protected override void End() => _gzip.Dispose();

    protected override async ValueTask<int> InflateAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (!_isOver)
        {
            var ready = Math.Min(_end - _start - BegunMark(), buffer.Length);
            if (ready > 0)
            {
                Buffer.AsSpan(_start, ready).CopyTo(buffer.Span);
                _start += ready;
                return ready;
            }

            Buffer.AsSpan(_start, _end - _start).CopyTo(Buffer);
            (_start, _end) = (0, _end - _start);
            var read = await ReadAnyAsync(cancellationToken);
            _end += read;
            if (read > 0)
                continue;
            if (Source.Count == 0 || !Buffer.AsSpan(0, _end).SequenceEqual(Mark))
                throw Damaged("gzip");
            _isOver = true;
        }
        return 0;
    }

    /// <summary>Returns how many of the last bytes may be the mark's first ones: they wait for the next. No line ends with such bytes.</summary>
    private int BegunMark()
    {
        ReadOnlySpan<byte> text = Buffer.AsSpan(_start, _end - _start);
        var length = Math.Min(Mark.Length, text.Length);
        while (!text.EndsWith(Mark[..length]))
            length--;
        return length;
    }

    private async ValueTask<int> ReadAnyAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _gzip.ReadAsync(Buffer.AsMemory(_end), cancellationToken);
        }
        catch (InvalidDataException)
        {
            throw Damaged("gzip");
        }
    }
}
