using System.Buffers;
using System.IO.Compression;

namespace Orleans.Kpl.Http.Reading.Inflating;

/// <summary>Inflates Brotli. .NET's stream would take a body that was cut off for a whole one; its decoder tells them apart.</summary>
internal sealed class BrotliInflation(ArrivedBytes source) : BodyInflation(source)
{
    private readonly ArrivedBytes _source = source;
    private BrotliDecoder _decoder;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(8 << 10);
    private int _start; // of what came and was not decoded
    private int _end;
    private bool _isOver;

    public override void Dispose()
    {
        if (_buffer.Length == 0)
            return;
        _decoder.Dispose();
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    protected override async ValueTask<int> InflateAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (!_isOver)
        {
            var status = _decoder.Decompress(_buffer.AsSpan(_start, _end - _start), buffer.Span, out var consumed, out var written);
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
        (_start, _end) = (0, await _source.ReadAsync(_buffer, cancellationToken));
        return _end > 0;
    }
}
