using System.Text;

namespace Orleans.Kpl.Pipeline.Road.Promising;

/// <summary>The records of one batch, in whatever form they arrived.</summary>
internal interface IRecordSource
{
    int Count { get; }

    /// <summary>Returns how many records from that index on are accepted at once: few enough to fit into the memory limit.</summary>
    /// <param name="most">How many at most, and about how many bytes; it is never more than <see cref="PreparedBatch.MaxRecords"/>.</param>
    /// <param name="largest">The most data bytes that one of them has.</param>
    int PartFrom(int first, (int Records, long Bytes) most, out int largest);

    /// <summary>Prepares these records. Invalid ones get their outcome in the batch immediately.</summary>
    void ReadInto(PreparedBatch prepared, int first, int count, long maxRecordBytes, IBatchOutcomes batch);
}

/// <summary>Records as a caller in this process passes them.</summary>
/// <param name="hashesKeys">Whether the hash keys of their partition keys are needed.</param>
internal readonly struct UserRecordSource(ReadOnlyMemory<UserRecord> records, bool hashesKeys) : IRecordSource
{
    /// <summary>The approximate maximum of bytes in a part of a batch that is accepted at once, so that parts fit into the memory limit.</summary>
    private const long MaxPartBytes = 4 << 20;

    public int Count => records.Length;

    public int PartFrom(int first, (int Records, long Bytes) most, out int largest)
    {
        var span = records.Span.Slice(first, Math.Min(records.Length - first, Math.Min(most.Records, PreparedBatch.MaxRecords)));
        (var count, largest) = (0, 0);
        for (long bytes = 0; count < span.Length && bytes < Math.Min(most.Bytes, MaxPartBytes); count++)
        {
            bytes += span[count].Data.Length;
            largest = Math.Max(largest, span[count].Data.Length);
        }

        return count;
    }

    public void ReadInto(PreparedBatch prepared, int first, int count, long maxRecordBytes, IBatchOutcomes batch) =>
        prepared.Read(records.Slice(first, count), first, maxRecordBytes, batch, hashesKeys);
}

/// <summary>KPL's rules for a new record (<c>KinesisProducer.addUserRecord</c>), with the stream's own record limit.</summary>
internal static class RecordValidator
{
    /// <summary>The maximum length of a partition key in UTF-8 bytes.</summary>
    public const int MaxPartitionKeyBytes = PartitionKeyRule.MaxLength * 3;

    /// <summary>
    /// The bytes that a record is charged in addition to its data and keys. They cover its framing, its entries in a list of members and in one of
    /// results, its share of partly filled buffers, and garbage not yet collected.
    /// </summary>
    public const int ChargePerRecord = 160;

    /// <summary>The limit of records that are refused in any case: they are not measured, and no caller's data is read.</summary>
    public const long NoLimit = long.MaxValue;

    public static bool FitsSize(int keyBytes, int dataLength, long maxRecordBytes) => (long)keyBytes + dataLength <= maxRecordBytes;

    public static long Charge(int keyBytes, bool hasExplicitHashKey, int dataLength) =>
        dataLength + keyBytes + (hasExplicitHashKey ? 16 : 0) + ChargePerRecord;

    public static RecordValidationException Explain(in UserRecord record, long maxRecordBytes)
    {
        if (!PartitionKeyRule.IsFit(record.PartitionKey))
            return new(RecordErrorCodes.InvalidPartitionKey, PartitionKeyRule.Describe(record.PartitionKey));
        var keyBytes = Encoding.UTF8.GetByteCount(record.PartitionKey);
        return new(
            RecordErrorCodes.RecordTooLarge,
            $"key and data have {(long)keyBytes + record.Data.Length} bytes ({keyBytes} + {record.Data.Length}); the limit is {maxRecordBytes} (the stream's MaxRecordSize, or MaxUserRecordSize where that is lower)");
    }
}
