using Orleans.Kpl.Deaggregation.Hashing;

namespace Orleans.Kpl.Aggregation;

/// <summary>Hash keys: the positions of user records between 0 and 2^128 − 1, which decide their shards.</summary>
internal static class HashKey
{
    /// <summary>The hash key that Kinesis gives a partition key: its MD5, read as a big-endian number.</summary>
    public static UInt128 OfPartitionKey(ReadOnlySpan<byte> utf8Key) => RoutingHash.Of(utf8Key);
}
