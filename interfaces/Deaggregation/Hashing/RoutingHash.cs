namespace Orleans.Kpl.Deaggregation.Hashing;

/// <summary>The hash key that Kinesis gives a partition key: its MD5, read as a big-endian number.</summary>
internal static class RoutingHash
{
    public static UInt128 Of(ReadOnlySpan<byte> utf8Key) => Md5Lanes.HashOne(utf8Key);
}
