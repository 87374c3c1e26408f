using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Orleans.Kpl.Deaggregation.Hashing;

/// <summary>Computes the MD5 of many messages side by side: the steps of one message wait for each other, those of many do not.</summary>
internal static unsafe class Md5Lanes
{
    // How many long keys are hashed together.
    private const int LongKeys = 64;

    /// <summary>The widest path that this processor has.</summary>
    public static Md5Path Widest { get; } =
        IsSupported(Md5Path.Vector512) ? Md5Path.Vector512
        : IsSupported(Md5Path.Vector256) ? Md5Path.Vector256
        : IsSupported(Md5Path.Vector128) ? Md5Path.Vector128
        : Md5Path.Scalar;

    /// <summary>Whether this processor supports a path.</summary>
    public static bool IsSupported(Md5Path path) => path switch
    {
        Md5Path.Scalar => true,
        Md5Path.Vector128 => Md5Register128.IsSupported,
        Md5Path.Vector256 => Md5Register256.IsSupported,
        Md5Path.Vector512 => Md5Register512.IsSupported,
        _ => throw new ArgumentOutOfRangeException(nameof(path)),
    };

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
                Md5Path.Vector128 => Md5Keys<Md5Pair<Vector128<uint>>, Md5PairRegister<Vector128<uint>, Md5Register128>>
                    .HashShort(start, buffer.Length, ends, hashes),
                _ => Md5Keys<Md5Pair<uint>, Md5PairRegister<uint, Md5Register32>>.HashShort(start, buffer.Length, ends, hashes),
            };
            if (passed > 0)
                HashLongKeys(path, start, ends, hashes);
        }
    }

    /// <summary>Computes the MD5 of many messages of any lengths.</summary>
    /// <param name="digests">Receives each message's digest, read as a big-endian number.</param>
    public static void Hash(ReadOnlySpan<Md5Message> messages, Span<UInt128> digests) => Hash(PathFor(messages.Length), messages, digests);

    /// <summary>Computes the digests of messages, on the given path.</summary>
    public static void Hash(Md5Path path, ReadOnlySpan<Md5Message> messages, Span<UInt128> digests)
    {
        digests = digests[..messages.Length];
        var pins = Md5Pins.OfThread;
        try
        {
            Hash(path, pins.Pin(messages), digests);
        }
        finally
        {
            pins.Unpin(messages.Length);
        }
    }

    /// <summary>Computes the MD5 of many messages of any lengths, in memory that does not move.</summary>
    public static void Hash(ReadOnlySpan<Md5Source> messages, Span<UInt128> digests) =>
        Hash(PathFor(messages.Length), messages, digests[..messages.Length]);

    /// <summary>Computes the MD5 of one message. In FIPS mode the platform refuses it, though nothing is to be kept safe by it here.</summary>
    public static UInt128 HashOne(ReadOnlySpan<byte> message)
    {
        UInt128 digest = default;
        fixed (byte* start = message)
            Md5Messages<uint, Md5Register32>.Hash([new Md5Source(start, message.Length)], new Span<UInt128>(ref digest));
        return digest;
    }

    private static void Hash(Md5Path path, ReadOnlySpan<Md5Source> messages, Span<UInt128> digests)
    {
        switch (path)
        {
            case Md5Path.Vector512:
                Md5Messages<Md5Pair<Vector512<uint>>, Md5PairRegister<Vector512<uint>, Md5Register512>>.Hash(messages, digests);
                break;
            case Md5Path.Vector256:
                Md5Messages<Md5Pair<Vector256<uint>>, Md5PairRegister<Vector256<uint>, Md5Register256>>.Hash(messages, digests);
                break;
            case Md5Path.Vector128:
                Md5Messages<Md5Pair<Vector128<uint>>, Md5PairRegister<Vector128<uint>, Md5Register128>>.Hash(messages, digests);
                break;
            case Md5Path.Scalar when messages.Length == 1:
                Md5Messages<uint, Md5Register32>.Hash(messages, digests);
                break;
            default:
                Md5Messages<Md5Pair<uint>, Md5PairRegister<uint, Md5Register32>>.Hash(messages, digests);
                break;
        }
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
            if (length > Md5Constants.LongestInOneBlock)
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
        : messages <= 16 && Widest == Md5Path.Vector512 ? Md5Path.Vector256
        : Widest;
}
