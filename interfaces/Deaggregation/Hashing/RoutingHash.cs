namespace Orleans.Kpl.Deaggregation.Hashing;

/// <summary>The hash key that Kinesis gives a partition key: its MD5, read as a big-endian number.</summary>
internal static class RoutingHash
{
    public static unsafe UInt128 Of(ReadOnlySpan<byte> utf8Key)
    {
        fixed (byte* start = utf8Key)
            return Md5Lanes.HashOne(start, utf8Key.Length);
    }
}
