using System.Text;
using Orleans.Kpl.Pipeline.Records;

namespace Orleans.Kpl.Pipeline.Hashing;

/// <summary>Hash keys: the positions of user records between 0 and 2^128 − 1, which decide their shards.</summary>
internal static class HashKey
{
    /// <summary>The hash key that Kinesis gives a partition key: its MD5, read as a big-endian number.</summary>
    public static unsafe UInt128 OfPartitionKey(ReadOnlySpan<byte> utf8Key)
    {
        fixed (byte* start = utf8Key)
            return Md5Lanes.HashOne(start, utf8Key.Length);
    }

    /// <summary>The hash key of a valid record: its explicit one, or that of its partition key.</summary>
    public static UInt128 OfRecord(in UserRecord record)
    {
        if (record.ExplicitHashKey is { } hashKey)
            return hashKey;
        Span<byte> key = stackalloc byte[RecordValidator.MaxPartitionKeyBytes];
        return OfPartitionKey(key[..Encoding.UTF8.GetBytes(record.PartitionKey, key)]);
    }
}
