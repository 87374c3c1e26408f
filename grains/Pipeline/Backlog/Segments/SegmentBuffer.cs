using System.Buffers.Binary;
using System.IO.Compression;
using Orleans.Kpl.Aggregation.Buffers;
using Orleans.Kpl.Pipeline.Backlog.Storing;

namespace Orleans.Kpl.Pipeline.Backlog.Segments;

/// <summary>Reusable memory in which one segment after the other is assembled: body, header, checksum.</summary>
internal struct SegmentBuffer()
{
    private const int Quality = 1;
    private const int Window = 22;

    private byte[] _segment = [];
    private byte[] _plain = [];
    private int _bodyStart;
    private int _plainBytes;

    /// <summary>Gets the body as it was written, not compressed; overwritten by the next segment.</summary>
    public readonly ReadOnlyMemory<byte> Plain => _plain.AsMemory(0, _plainBytes);

    /// <summary>Begins a segment.</summary>
    /// <param name="kind">What the segment holds.</param>
    /// <param name="count">The number of records or dead letters.</param>
    /// <param name="plainBytes">Bytes of the body.</param>
    /// <returns>The memory into which the body is to be written.</returns>
    public Span<byte> Begin(SegmentLogKind kind, int count, int plainBytes)
    {
        if (plainBytes > SegmentHeader.MostPlainBytes)
            throw new ArgumentOutOfRangeException(nameof(plainBytes), plainBytes, $"a segment has at most {SegmentHeader.MostPlainBytes} bytes");
        _plainBytes = plainBytes;
        _bodyStart = new SegmentHeader(kind, count, plainBytes, 0, false, 0).Bytes;
        Reserve(ref _segment, _bodyStart + plainBytes + SegmentHeader.CrcBytes);
        Reserve(ref _plain, plainBytes);
        return _plain.AsSpan(0, plainBytes);
    }

    /// <summary>Completes the segment once its body is written, which is compressed where that makes it smaller.</summary>
    /// <returns>The segment; overwritten by the next one.</returns>
    public readonly ReadOnlyMemory<byte> End(SegmentLogKind kind, int count, long oldestAt, bool isAlone = false)
    {
        var isSmaller = BrotliEncoder.TryCompress(Plain.Span, _segment.AsSpan(_bodyStart, _plainBytes), out var bodyBytes, Quality, Window)
            && bodyBytes < _plainBytes;
        if (!isSmaller)
        {
            Plain.Span.CopyTo(_segment.AsSpan(_bodyStart));
            bodyBytes = _plainBytes;
        }

        new SegmentHeader(kind, count, _plainBytes, oldestAt, isSmaller, bodyBytes) { IsAlone = isAlone }.Write(_segment);
        var end = _bodyStart + bodyBytes;
        BinaryPrimitives.WriteUInt32LittleEndian(_segment.AsSpan(end), Crc32C.Of(_segment.AsSpan(0, end)));
        return _segment.AsMemory(0, end + SegmentHeader.CrcBytes);
    }

    /// <summary>Releases the memory. Segments that were handed out must not be read any more.</summary>
    public void Release()
    {
        GiveBack(ref _segment);
        GiveBack(ref _plain);
    }

    private static void Reserve(ref byte[] buffer, int bytes)
    {
        if (buffer.Length >= bytes)
            return;
        GiveBack(ref buffer);
        buffer = BufferPool.Rent(bytes);
    }

    private static void GiveBack(ref byte[] buffer)
    {
        if (buffer.Length > 0)
            BufferPool.Return(buffer);
        buffer = [];
    }
}
