namespace Orleans.Kpl.Pipeline.Records;

/// <summary>Records as a caller in this process passes them.</summary>
/// <param name="hashesKeys">Whether the hash keys of their partition keys are needed.</param>
internal readonly struct UserRecordSource(ReadOnlyMemory<UserRecord> records, bool hashesKeys) : IRecordSource
{
    /// <summary>The approximate maximum of bytes in a part of a batch that is accepted at once, so that parts fit into the memory limit.</summary>
    private const long MaxPartBytes = 4 << 20;

    public int Count => records.Length;

    public int PartFrom(int first)
    {
        var span = records.Span[first..];
        var count = 0;
        for (long bytes = 0; count < span.Length && count < PreparedBatch.MaxRecords && bytes < MaxPartBytes; count++)
            bytes += span[count].Data.Length;
        return count;
    }

    public bool HoldsLarger(int first, int count, long dataBytes)
    {
        foreach (ref readonly var record in records.Span.Slice(first, count))
        {
            if (record.Data.Length > dataBytes)
                return true;
        }

        return false;
    }

    public void ReadInto(PreparedBatch prepared, int first, int count, long maxRecordBytes, IBatchOutcomes batch) =>
        prepared.Read(records.Slice(first, count), first, maxRecordBytes, batch, hashesKeys);
}
