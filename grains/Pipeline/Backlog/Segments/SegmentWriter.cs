using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Backlog.Storing;

namespace Orleans.Kpl.Pipeline.Backlog.Segments;

/// <summary>Collects records and encodes them as a segment. Reused: a steady flow allocates nothing. Not thread-safe.</summary>
/// <param name="maxBytes">The maximum size of a segment in bytes, where it has more than one record.</param>
internal sealed class SegmentWriter(int maxBytes) : IDisposable
{
    // Columns grow by doubling, so the largest may be twice as large as its contents.
    private readonly PackedRecordsWriter _records =
        new(Math.Max(1, maxBytes - SegmentHeader.MostOverhead), mostKept: (int)Math.Min(2L * maxBytes, int.MaxValue));

    private SegmentBuffer _buffer = new();
    private long _oldestAt = long.MaxValue;

    /// <summary>Gets the maximum size of a segment in bytes, where it has more than one record.</summary>
    public int MaxBytes => maxBytes;

    /// <summary>Records added since the last <see cref="Reset"/>.</summary>
    public int Count => _records.Count;

    /// <summary>The records of the segment that <see cref="Encode"/> made; read from the writer's memory, until <see cref="Reset"/>.</summary>
    public PackedRecords Records => PackedRecords.Parse(_buffer.Plain);

    /// <summary>Adds a record; false when the segment would grow too large. An empty segment takes any record.</summary>
    /// <param name="key">The partition key in UTF-8; copied, as is the data.</param>
    /// <param name="explicitHashKey">The explicit hash key; null where there is none. The partition key's hash is never kept.</param>
    /// <param name="acceptedAt">When the record was accepted, in unix milliseconds.</param>
    /// <param name="number">The producer number; null where it has none.</param>
    public bool TryAdd(ReadOnlySpan<byte> key, ReadOnlySpan<byte> data, UInt128? explicitHashKey, long acceptedAt, PackedNumber? number = null) =>
        _records.TryAdd(key, data, explicitHashKey, explicitHashKey is not null, number) && Note(acceptedAt);

    /// <summary>Encodes the segment. There must be at least one record.</summary>
    /// <param name="isAlone">Whether each record is a Kinesis record of its own.</param>
    /// <returns>The segment, in the writer's memory: it stays until <see cref="Reset"/> or <see cref="Dispose"/>.</returns>
    public ReadOnlyMemory<byte> Encode(bool isAlone = false)
    {
        if (Count == 0)
            throw new InvalidOperationException("a segment has at least one record");
        _records.CopyTo(_buffer.Begin(SegmentLogKind.Records, Count, _records.Bytes));
        return _buffer.End(SegmentLogKind.Records, Count, _oldestAt, isAlone);
    }

    /// <summary>Starts the next segment. Segments that were handed out must not be read any more.</summary>
    public void Reset()
    {
        _records.Reset();
        _oldestAt = long.MaxValue;
    }

    /// <summary>Releases the memory.</summary>
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
