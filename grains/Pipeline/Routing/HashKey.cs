using System.Buffers.Binary;

namespace Orleans.Kpl.Pipeline.Routing;

/// <summary>Hash keys: where in 0 to 2^128 − 1 a user record lies, which decides its shard.</summary>
internal static class HashKey
{
    /// <summary>The hash key that Kinesis gives a partition key: its MD5, read as a big-endian number.</summary>
    public static UInt128 OfPartitionKey(ReadOnlySpan<byte> utf8Key)
    {
        Span<byte> digest = stackalloc byte[Md5Constants.DigestSize];
        System.Security.Cryptography.MD5.HashData(utf8Key, digest);
        return BinaryPrimitives.ReadUInt128BigEndian(digest);
    }
}
