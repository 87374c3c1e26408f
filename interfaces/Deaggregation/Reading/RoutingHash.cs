using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Orleans.Kpl.Deaggregation;

/// <summary>The hash key that Kinesis gives a partition key: its MD5, read as a big-endian number.</summary>
internal static class RoutingHash
{
    public static UInt128 Of(ReadOnlySpan<byte> utf8Key)
    {
        Span<byte> digest = stackalloc byte[16];
        MD5.HashData(utf8Key, digest);
        return BinaryPrimitives.ReadUInt128BigEndian(digest);
    }
}
