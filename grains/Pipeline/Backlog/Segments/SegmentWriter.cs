using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Backlog.Storing;

namespace Orleans.Kpl.Pipeline.Backlog.Segments;

/// <summary>Collects records and makes a segment of them. Reused: a steady flow allocates nothing. Not for two threads at a time.</summary>
internal sealed class SegmentWriter : IDisposable
{
    private readonly PackedRecordsWriter _records;
    private SegmentBuffer _buffer = new();
    private long _oldestAt = long.MaxValue;

    /// <param name="maxBytes">Bytes of a segment at most, where it has more than one record.</param>
    public SegmentWriter(int maxBytes) => _records =
        // Columns grow by doubling, so the largest one may be twice as large as what is in it.
        new PackedRecordsWriter(Math.Max(1, maxBytes - SegmentHeader.MostOverhead), mostKept: (int)Math.Min(2L * maxBytes, int.MaxValue));

    /// <summary>Records added since the last <see cref="Reset"/>.</summary>
    public int Count => _records.Count;

    /// <summary>Bytes of the segment at most, as it stands.</summary>
    public int Bytes => _records.Bytes + SegmentHeader.MostOverhead;

    /// <summary>The records of the segment that <see cref="Encode"/> made; read from the writer's memory, until <see cref="Reset"/>.</summary>
    public PackedRecords Records => PackedRecords.Parse(_buffer.Plain);

    /// <summary>Adds a record; false when the segment would grow too large. Into an empty one any record goes.</summary>
    /// <param name="key">The partition key.</param>
    /// <param name="data">The payload; copied.</param>
    /// <param name="explicitHashKey">The explicit hash key; null where there is none: that of the partition key is never kept.</param>
    /// <param name="acceptedAt">When the record was accepted, in unix milliseconds.</param>
    public bool TryAdd(string key, ReadOnlySpan<byte> data, UInt128? explicitHashKey, long acceptedAt) =>
        _records.TryAdd(key, data, explicitHashKey, explicitHashKey is not null) && Note(acceptedAt);

    /// <summary>Adds a record whose partition key is UTF-8 already, and is copied; false when the segment would grow too large.</summary>
    public bool TryAdd(ReadOnlySpan<byte> key, ReadOnlySpan<byte> data, UInt128? explicitHashKey, long acceptedAt) =>
        _records.TryAdd(key, data, explicitHashKey, explicitHashKey is not null) && Note(acceptedAt);

    /// <summary>Makes the segment. There must be at least one record.</summary>
    /// <param name="tryToCompress">Whether it is compressed where that makes it smaller.</param>
    /// <returns>The segment, in the writer's memory: it stays until <see cref="Reset"/> or <see cref="Dispose"/>.</returns>
    public ReadOnlyMemory<byte> Encode(bool tryToCompress = true)
    {
        if (Count == 0)
            throw new InvalidOperationException("a segment has at least one record");
        _records.CopyTo(_buffer.Begin(SegmentLogKind.Records, Count, _records.Bytes, tryToCompress));
        return _buffer.End(SegmentLogKind.Records, Count, _oldestAt);
    }

    /// <summary>Begins the next segment; what was handed out may not be read any more.</summary>
    public void Reset()
    {
        _records.Reset();
        _oldestAt = long.MaxValue;
    }

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        Reset();
        _buffer.Release();
    }

    private bool Note(long acceptedAt)
    {
        _oldestAt = Math.Min(_oldestAt, acceptedAt);
        return true;
    }
}
