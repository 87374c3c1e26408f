using System.Text;
using Orleans.Kpl.Pipeline.Hashing;

namespace Orleans.Kpl.Pipeline.Records;

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
