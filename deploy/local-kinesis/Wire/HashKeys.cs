using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Orleans.Kpl.LocalKinesis.Wire;

/// <summary>Hash keys: the MD5 of a partition key as a big-endian number, or a number that the producer names.</summary>
internal static class HashKeys
{
    /// <summary>Says what is missing where the platform computes no MD5, instead of an internal error for each record.</summary>
    /// <exception cref="PlatformNotSupportedException">It computes none.</exception>
    public static void RequireMd5(Action compute)
    {
        try
        {
            compute();
        }
        catch (CryptographicException refused)
        {
            throw new PlatformNotSupportedException(
                "The local Kinesis endpoint needs MD5, by which Kinesis routes, and the platform refuses it, as OpenSSL does in FIPS mode: run it where that is off.", refused);
        }
    }

    public static UInt128 OfPartitionKey(ReadOnlySpan<byte> key)
    {
        Span<byte> digest = stackalloc byte[MD5.HashSizeInBytes];
        MD5.HashData(key, digest);
        return BinaryPrimitives.ReadUInt128BigEndian(digest);
    }

    /// <summary>0 to 2^128 − 1, of digits that <see cref="Constraints.HashKey"/> lets pass; or the service's error.</summary>
    public static UInt128 Parse(string digits, string argument) => UInt128.TryParse(digits, null, out var hash)
        ? hash
        : throw KinesisErrors.InvalidArgument(
            $"Invalid {argument}. {argument} must be in the range: [0, 2^128-1]. Specified value was {digits}");
}
