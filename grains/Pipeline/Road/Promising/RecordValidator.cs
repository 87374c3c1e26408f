using System.Text;
using Orleans.Kpl.Aggregation;

namespace Orleans.Kpl.Pipeline.Road.Promising;

/// <summary>KPL's rules for a new record (<c>KinesisProducer.addUserRecord</c>), with the stream's own record limit.</summary>
internal static class RecordValidator
{
    /// <summary>The maximum length of a partition key in UTF-16 code units (AWS API reference, PutRecord).</summary>
    public const int MaxPartitionKeyLength = 256;

    /// <summary>The maximum length of such a key in UTF-8 bytes.</summary>
    public const int MaxPartitionKeyBytes = MaxPartitionKeyLength * 3;

    /// <summary>
    /// The bytes that a record is charged in addition to its data and keys. They cover its framing, its entries in a list of members and in one of
    /// results, its share of partly filled buffers, and garbage not yet collected.
    /// </summary>
    public const int ChargePerRecord = 160;

    /// <summary>Whether the key is valid. <see cref="FitsSize"/> checks the size once the length of the key in bytes is known.</summary>
    public static bool HasFitKey(in UserRecord record) =>
        record.PartitionKey is { Length: > 0 and <= MaxPartitionKeyLength };

    /// <summary>Whether a key that is already UTF-8 is valid.</summary>
    public static bool HasFitKey(ReadOnlySpan<byte> key) =>
        key.Length is > 0 and <= MaxPartitionKeyBytes && (key.Length <= MaxPartitionKeyLength || Encoding.UTF8.GetCharCount(key) <= MaxPartitionKeyLength);

    public static bool FitsSize(int keyBytes, int dataLength, long maxRecordBytes) => (long)keyBytes + dataLength <= maxRecordBytes;

    public static long Charge(int keyBytes, bool hasExplicitHashKey, int dataLength) =>
        dataLength + keyBytes + (hasExplicitHashKey ? 16 : 0) + ChargePerRecord;

    /// <summary>Explains why a record was rejected.</summary>
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

/// <summary>The hash key of one record, for those that are looked up singly.</summary>
internal static class RecordHash
{
    /// <summary>Returns the explicit hash key of a valid record, or that of its partition key.</summary>
    public static UInt128 Of(in UserRecord record)
    {
        if (record.ExplicitHashKey is { } hashKey)
            return hashKey;
        Span<byte> key = stackalloc byte[RecordValidator.MaxPartitionKeyBytes];
        return HashKey.OfPartitionKey(key[..Encoding.UTF8.GetBytes(record.PartitionKey, key)]);
    }
}
