using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Orleans.Kpl.Deaggregation.Hashing;

/// <summary>Computes the MD5 of many messages side by side: the steps of one message wait for each other, those of many do not.</summary>
internal static unsafe class Md5Lanes
{
    // How many long keys are hashed together.
    private const int LongKeys = 64;

    /// <summary>The fastest path of this processor for many messages.</summary>
    public static Md5Path Widest { get; } =
        IsSupported(Md5Path.Vector512) ? Md5Path.Vector512 : IsSupported(Md5Path.Vector256) ? Md5Path.Vector256 : Md5Path.Scalar;

    /// <summary>Whether this processor supports a path.</summary>
    public static bool IsSupported(Md5Path path) =>
        path == Md5Path.Vector512 ? Md5Register512.IsSupported : path == Md5Path.Scalar || Md5Register256.IsSupported;

    /// <summary>Computes the hash keys of many partition keys that are in a buffer one behind the other.</summary>
    /// <param name="buffer">The keys as UTF-8.</param>
    /// <param name="ends">Where each key ends; the first starts at 0, every other where its predecessor ends.</param>
    /// <param name="hashes">Receives a hash key for each.</param>
    public static void HashKeys(ReadOnlySpan<byte> buffer, ReadOnlySpan<int> ends, Span<UInt128> hashes) =>
        HashKeys(PathFor(ends.Length), buffer, ends, hashes);

    /// <summary>Computes the hash keys of the partition keys in a buffer, on the given path.</summary>
    public static void HashKeys(Md5Path path, ReadOnlySpan<byte> buffer, ReadOnlySpan<int> ends, Span<UInt128> hashes)
    {
        if (ends.IsEmpty)
            return;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(ends[^1], buffer.Length, nameof(ends));
        hashes = hashes[..ends.Length];
        fixed (byte* start = buffer)
        {
            var passed = path switch
            {
                Md5Path.Vector512 => Md5Keys<Md5Pair<Vector512<uint>>, Md5PairRegister<Vector512<uint>, Md5Register512>>
                    .HashShort(start, buffer.Length, ends, hashes),
                Md5Path.Vector256 => Md5Keys<Md5Pair<Vector256<uint>>, Md5PairRegister<Vector256<uint>, Md5Register256>>
                    .HashShort(start, buffer.Length, ends, hashes),
                _ => Md5Keys<uint, Md5Register32>.HashShort(start, buffer.Length, ends, hashes),
            };
            if (passed > 0)
                HashLongKeys(path, start, ends, hashes);
        }
    }

    /// <summary>Computes the MD5 of many messages of any lengths, in memory that does not move.</summary>
    /// <param name="digests">Receives each message's digest, read as a big-endian number.</param>
    public static void Hash(ReadOnlySpan<Md5Source> messages, Span<UInt128> digests) => Hash(PathFor(messages.Length), messages, digests);

    /// <summary>Computes the MD5 of one message. In FIPS mode the platform refuses it, though nothing is to be kept safe by it here.</summary>
    public static UInt128 HashOne(ReadOnlySpan<byte> message)
    {
        UInt128 digest = default;
        fixed (byte* start = message)
            Md5Messages<uint, Md5Register32>.Hash([new Md5Source(start, message.Length)], new Span<UInt128>(ref digest));
        return digest;
    }

    /// <summary>Computes the digests of messages, on the given path.</summary>
    public static void Hash(Md5Path path, ReadOnlySpan<Md5Source> messages, Span<UInt128> digests)
    {
        digests = digests[..messages.Length];
        if (path == Md5Path.Vector512)
            Md5Messages<Md5Pair<Vector512<uint>>, Md5PairRegister<Vector512<uint>, Md5Register512>>.Hash(messages, digests);
        else if (path == Md5Path.Vector256)
            Md5Messages<Md5Pair<Vector256<uint>>, Md5PairRegister<Vector256<uint>, Md5Register256>>.Hash(messages, digests);
        else
            Md5Messages<uint, Md5Register32>.Hash(messages, digests);
    }

    [SkipLocalsInit]
    private static void HashLongKeys(Md5Path path, byte* buffer, ReadOnlySpan<int> ends, Span<UInt128> hashes)
    {
        var sources = stackalloc Md5Source[LongKeys];
        var indices = stackalloc int[LongKeys];
        var digests = stackalloc UInt128[LongKeys];
        var count = 0;
        var start = 0;
        for (var i = 0; i < ends.Length; i++)
        {
            var length = ends[i] - start;
            if (length > Md5Kernel.LongestInOneBlock)
            {
                sources[count] = new Md5Source(buffer + start, length);
                indices[count++] = i;
            }
            start = ends[i];
            if (count == LongKeys || (i == ends.Length - 1 && count > 0))
            {
                Hash(path, new ReadOnlySpan<Md5Source>(sources, count), new Span<UInt128>(digests, count));
                while (count > 0)
                {
                    count--;
                    hashes[indices[count]] = digests[count];
                }
            }
        }
    }

    // More lanes than messages gain nothing: the narrowest path that takes all messages at once.
    private static Md5Path PathFor(int messages) =>
        messages <= 2 ? Md5Path.Scalar
        : messages <= 2 * Md5Register256.Lanes && Widest == Md5Path.Vector512 ? Md5Path.Vector256
        : Widest;
}

/// <summary>How many MD5 messages are hashed side by side. All paths give the same digests.</summary>
internal enum Md5Path
{
    /// <summary>General registers: one message, runs everywhere.</summary>
    Scalar,

    /// <summary>256-bit registers, or pairs of narrower ones: two times eight messages.</summary>
    Vector256,

    /// <summary>512-bit registers (AVX-512): two times sixteen messages.</summary>
    Vector512,
}

/// <summary>The hash key that Kinesis gives a partition key: its MD5, read as a big-endian number.</summary>
internal static class RoutingHash
{
    public static UInt128 Of(ReadOnlySpan<byte> utf8Key) => Md5Lanes.HashOne(utf8Key);
}
