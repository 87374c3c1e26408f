using System.Buffers;
using System.Globalization;
using System.IO.Compression;
using System.IO.Pipelines;

namespace Orleans.Kpl.Http.Reading.Inflating;

/// <summary>Reads a compressed body as it was before, and counts what comes out: a few bytes may stand for very many.</summary>
internal abstract class BodyInflation(ArrivedBytes source) : IDisposable
{
    /// <summary>A body may become so many times as long. Text seldom becomes twenty times as long.</summary>
    public const int MostTimes = 100;

    private long _count;

    /// <summary>The bytes that inflating has added to those that arrived.</summary>
    public long Added => _count - Source.Count;

    /// <summary>Begins to read a body.</summary>
    /// <param name="encoding">How it is compressed.</param>
    /// <param name="limit">The longest body before inflating, in bytes.</param>
    public static BodyInflation Open(BodyEncoding encoding, PipeReader reader, long limit = long.MaxValue) => encoding switch
    {
        BodyEncoding.Gzip => new GzipInflation(new ArrivedBytes(reader, limit, GzipInflation.Ending)),
        BodyEncoding.Brotli => new BrotliInflation(new ArrivedBytes(reader, limit, default)),
        _ => throw new ArgumentOutOfRangeException(nameof(encoding), encoding, "not compressed"),
    };

    /// <summary>Reads the next bytes; 0 at the end.</summary>
    /// <param name="cancellationToken">Cancels the wait for bytes that have not come.</param>
    /// <exception cref="RequestRefusedException">The body is damaged, cut off, or becomes too long.</exception>
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var read = await InflateAsync(buffer, cancellationToken);
        _count += read;
        return _count <= Source.Count * MostTimes
            ? read
            : throw RequestRefusedException.TooLarge(
                string.Create(CultureInfo.InvariantCulture, $"the body becomes more than {MostTimes} times as long when it is inflated"));
    }

    public void Dispose()
    {
        if (Buffer.Length == 0)
            return;
        End();
        ArrayPool<byte>.Shared.Return(Buffer);
        Buffer = [];
    }

    protected ArrivedBytes Source => source;

    /// <summary>Memory to inflate by, until this is disposed of.</summary>
    protected byte[] Buffer { get; private set; } = ArrayPool<byte>.Shared.Rent(8 << 10);

    /// <summary>Gives up what inflates.</summary>
    protected abstract void End();

    protected abstract ValueTask<int> InflateAsync(Memory<byte> buffer, CancellationToken cancellationToken);

    protected static RequestRefusedException Damaged(string encoding) => RequestRefusedException.BadRequest(
        HttpErrorCodes.BadRequest, $"the body is not {encoding}, is damaged, or was cut off");
}

/// <summary>Inflates Brotli. .NET's stream would take a body that was cut off for a whole one; its decoder tells them apart.</summary>
internal sealed class BrotliInflation(ArrivedBytes source) : BodyInflation(source)
{
    private BrotliDecoder _decoder;
    private int _start; // of what came and was not decoded
    private int _end;
    private bool _isOver;

    protected override void End() => _decoder.Dispose();

    protected override async ValueTask<int> InflateAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (!_isOver)
        {
            var status = _decoder.Decompress(Buffer.AsSpan(_start, _end - _start), buffer.Span, out var consumed, out var written);
            _start += consumed;
            if (status == OperationStatus.InvalidData)
                throw Damaged("br");
            if (status == OperationStatus.Done)
                await EndAsync(cancellationToken);
            if (written > 0)
                return written;
            if (status == OperationStatus.NeedMoreData && !await FillAsync(cancellationToken))
                throw Damaged("br");
        }
        return 0;
    }

    /// <summary>Nothing may follow.</summary>
    private async ValueTask EndAsync(CancellationToken cancellationToken)
    {
        _isOver = true;
        if (_start < _end || await FillAsync(cancellationToken))
            throw Damaged("br");
    }

    private async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        // The decoder keeps what it cannot use yet, so nothing is left of the former bytes.
        (_start, _end) = (0, await Source.ReadAsync(Buffer, cancellationToken));
        return _end > 0;
    }
}
