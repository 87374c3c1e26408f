using System.IO.Compression;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Backlog.Storing;

namespace Orleans.Kpl.Pipeline.Backlog.Segments;

/// <summary>A segment that was read, checked to its last byte.</summary>
/// <param name="Header">Count, kind, age.</param>
/// <param name="Body">The body, not compressed.</param>
internal readonly record struct Segment(SegmentHeader Header, ReadOnlyMemory<byte> Body)
{
    /// <summary>Reads a segment of records.</summary>
    /// <param name="bytes">The segment; where it is not compressed, the records refer to this memory.</param>
    /// <returns>The segment's header.</returns>
    /// <exception cref="SegmentDamagedException">The bytes are not what was written.</exception>
    /// <exception cref="SegmentVersionException">A later version wrote them.</exception>
    public static SegmentHeader ReadRecords(ReadOnlyMemory<byte> bytes, out PackedRecords records)
    {
        var segment = Read(bytes, SegmentLogKind.Records);
        records = segment.RecordsIn(segment.Body);
        return segment.Header;
    }

    /// <summary>Reads header and checksum of a segment. The reader of its kind reads the body.</summary>
    internal static Segment Read(ReadOnlyMemory<byte> bytes, SegmentLogKind kind)
    {
        var header = SegmentHeader.Read(bytes.Span);
        if (header.Kind != kind)
            throw new SegmentDamagedException($"the segment holds {header.Kind}, and lies among {kind}");
        var body = bytes.Slice(header.Bytes, header.BodyBytes);
        if (!header.IsCompressed)
            return new Segment(header, body);
        var plain = GC.AllocateUninitializedArray<byte>(header.PlainBytes);
        if (!BrotliDecoder.TryDecompress(body.Span, plain, out var written) || written != plain.Length)
            throw new SegmentDamagedException("the body of the segment is no Brotli of its length");
        return new Segment(header, plain);
    }

    /// <summary>Reads the records in a part of the body.</summary>
    internal PackedRecords RecordsIn(ReadOnlyMemory<byte> part)
    {
        try
        {
            var records = PackedRecords.Parse(part);
            return records.Count == Header.Count
                ? records
                : throw new SegmentDamagedException($"the segment has {records.Count} records, not {Header.Count}");
        }
        catch (PackedFormatException e) when (!part.IsEmpty && part.Span[0] > PackedRecords.NumberedFormat)
        {
            throw new SegmentVersionException($"the segment is of a later version: {e.Message}", e);
        }
        catch (PackedFormatException e)
        {
            throw new SegmentDamagedException($"the body of the segment is damaged: {e.Message}", e);
        }
    }
}
