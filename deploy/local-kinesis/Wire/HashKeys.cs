using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

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

    public static void SetExplicit(ref PutEntry entry, ReadOnlySpan<byte> digits)
    {
        entry.Hash = Parse(digits, "explicitHashKey", "ExplicitHashKey");
        entry.Marks |= RecordMarks.ExplicitHashKey;
    }

    /// <summary>0 to 2^128 − 1 in decimal without leading zeros, or the service's error.</summary>
    public static UInt128 Parse(ReadOnlySpan<byte> digits, string field, string argument)
    {
        var plain = digits.Length is > 0 and <= 39 && !digits.ContainsAnyExceptInRange((byte)'0', (byte)'9')
            && (digits[0] != '0' || digits.Length == 1);
        if (!plain)
        {
            var constraints = new Constraints();
            constraints.Fail(Encoding.UTF8.GetString(digits), field, @"Member must satisfy regular expression pattern: 0|([1-9]\d{0,38})");
            constraints.ThrowIfAny();
        }
        return UInt128.TryParse(digits, null, out var hash)
            ? hash
            : throw KinesisErrors.InvalidArgument(
                $"Invalid {argument}. {argument} must be in the range: [0, 2^128-1]. " +
                $"Specified value was {Encoding.ASCII.GetString(digits)}");
    }
}
