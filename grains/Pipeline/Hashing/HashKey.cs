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
}
