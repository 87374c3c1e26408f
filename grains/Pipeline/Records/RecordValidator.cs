using System.Text;

namespace Orleans.Kpl.Pipeline.Records;

/// <summary>KPL's rules for a record on entry (<c>KinesisProducer.addUserRecord</c>), against the stream's own record limit.</summary>
internal static class RecordValidator
{
    /// <summary>UTF-16 code units of a partition key at most (AWS API reference, PutRecord).</summary>
    public const int MaxPartitionKeyLength = 256;

    /// <summary>Bytes of such a key as UTF-8 at most.</summary>
    public const int MaxPartitionKeyBytes = MaxPartitionKeyLength * 3;

    /// <summary>
    /// What a record is charged beside its data and keys: its framing, its place in a list of members and in one of results, its share of buffers that
    /// are not full, and what the garbage collector has not come for.
    /// </summary>
    public const int ChargePerRecord = 160;

    /// <summary>True when the key is fit; the size is checked with <see cref="FitsSize"/> once the key's bytes are known.</summary>
    public static bool HasFitKey(in UserRecord record) =>
        record.PartitionKey is { Length: > 0 and <= MaxPartitionKeyLength };

    /// <summary>True when a key that is UTF-8 already is fit.</summary>
    public static bool HasFitKey(ReadOnlySpan<byte> key) =>
        key.Length is > 0 and <= MaxPartitionKeyBytes && (key.Length <= MaxPartitionKeyLength || Encoding.UTF8.GetCharCount(key) <= MaxPartitionKeyLength);

    public static bool FitsSize(int keyBytes, int dataLength, long maxRecordBytes) => (long)keyBytes + dataLength <= maxRecordBytes;

    public static long Charge(int keyBytes, bool hasExplicitHashKey, int dataLength) =>
        dataLength + keyBytes + (hasExplicitHashKey ? 16 : 0) + ChargePerRecord;

    /// <summary>Why a record was refused.</summary>
    public static RecordValidationException Explain(in UserRecord record, long maxRecordBytes)
    {
        if (string.IsNullOrEmpty(record.PartitionKey))
            return new(RecordErrorCodes.InvalidPartitionKey, "the partition key is empty; it must have 1 to 256 UTF-16 code units");
        if (record.PartitionKey.Length > MaxPartitionKeyLength)
            return new(RecordErrorCodes.InvalidPartitionKey, $"the partition key has {record.PartitionKey.Length} UTF-16 code units; at most 256 are allowed");
        var keyBytes = Encoding.UTF8.GetByteCount(record.PartitionKey);
        return new(
            RecordErrorCodes.RecordTooLarge,
            $"key and data have {(long)keyBytes + record.Data.Length} bytes ({keyBytes} + {record.Data.Length}); the limit is {maxRecordBytes} (the stream's MaxRecordSize, or MaxUserRecordSize where that is lower)");
    }
}
