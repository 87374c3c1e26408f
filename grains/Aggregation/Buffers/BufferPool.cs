using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace Orleans.Kpl.Aggregation.Buffers;

/// <summary>
/// Pools byte arrays for open and closed aggregates, and for the messages of clients. Unlike <see cref="System.Buffers.ArrayPool{T}.Shared"/> it has
/// four sizes between a power of two and the next: an aggregate of 51,200 bytes takes 56 KiB, not 64. It keeps, up to a limit in bytes, what a thousand
/// shards return that close at the same instant. What nobody has needed during eight collections of the oldest generation is dropped. Each core has its
/// own part; a core whose part is empty takes from another core's, and a core whose part is full gives to another's.
/// </summary>
internal static class BufferPool
{
    /// <summary>The most bytes that all cores together keep for re-use, where no producer may hold more.</summary>
    private const long FewestKeptBytes = 128L * 1024 * 1024;

    /// <summary>The most bytes that are kept for re-use, whatever producers may hold.</summary>
    private const long MostKeptBytes = 1024L * 1024 * 1024;

    /// <summary>
    /// An array that nobody needed during so many collections of the oldest generation is dropped. Several collections may run in a row, while arrays are
    /// needed only as often as aggregates close.
    /// </summary>
    private const int IdleCollections = 8;

    /// <summary>How many sizes above the requested one will do: a buffer of at most four times the requested bytes.</summary>
    private const int LargerSizes = 9;

    private const int SmallestSize = 256;
    private const int LargestSize = 16 * 1024 * 1024;

    private static readonly int Sizes = SizeIndex(LargestSize) + 1;
    private static readonly BufferStack[] Parts = CreateParts();
    private static int _collections;

    /// <summary>Rents an array of at least this many bytes. Its content is undefined.</summary>
    public static byte[] Rent(int size)
    {
        if (size > LargestSize)
            return GC.AllocateUninitializedArray<byte>(size);

        var index = SizeIndex(size);
        var home = Home;
        if (TryPop(home, index, out var buffer))
            return buffer;

        // A larger one that is idle costs nothing.
        for (var larger = index + 1; larger < Math.Min(Sizes, index + LargerSizes); larger++)
        {
            if (Parts[home].TryPop(larger, out buffer))
                return buffer;
        }

        return Make(home, index);
    }

    /// <summary>Rents a buffer hardly larger than the size, for bytes that are kept for a while.</summary>
    public static byte[] RentTight(int size)
    {
        if (size > LargestSize)
            return GC.AllocateUninitializedArray<byte>(size);

        var index = SizeIndex(size);
        var home = Home;
        return TryPop(home, index, out var buffer) ? buffer : Make(home, index);
    }

    /// <summary>The length of the array that <see cref="RentTight"/> returns.</summary>
    public static int TightSize(int size) => size > LargestSize ? size : SizeOf(SizeIndex(size));

    /// <summary>Returns an array to the pool. It must not be touched afterwards.</summary>
    public static void Return(byte[] buffer)
    {
        if (buffer.Length > LargestSize)
            return;
        var index = SizeIndex(buffer.Length);
        var home = Home;
        if (!Parts[home].IsPrepared(index))
        {
            foreach (var part in Parts)
                part.Prepare(index);
        }

        // The cores that put records rent buffers; the cores that handle answers or outcomes return them.
        for (var i = 0; i < Parts.Length; i++)
        {
            if (Parts[(home + i) % Parts.Length].TryPush(index, buffer))
                return;
        }
    }

    /// <summary>Raises the limit to what a producer may hold: the buffers that it returns at one instant are kept for its next records.</summary>
    public static void KeepUpTo(long bytes)
    {
        foreach (var part in Parts)
            part.KeepUpTo(Math.Min(bytes, MostKeptBytes) / Parts.Length);
    }

    /// <summary>Drops what nobody has needed since it did so before.</summary>
    private static void Collected()
    {
        if (++_collections % IdleCollections != 0)
            return;
        foreach (var part in Parts)
            part.DropIdle();
    }

    private static int Home => Thread.GetCurrentProcessorId() % Parts.Length;

    private static bool TryPop(int home, int index, [NotNullWhen(true)] out byte[]? buffer)
    {
        for (var i = 0; i < Parts.Length; i++)
        {
            if (Parts[(home + i) % Parts.Length].TryPop(index, out buffer))
                return true;
        }

        buffer = null;
        return false;
    }

    private static byte[] Make(int home, int index)
    {
        Parts[home].Missed(index);
        return GC.AllocateUninitializedArray<byte>(SizeOf(index));
    }

    private static BufferStack[] CreateParts()
    {
        var parts = new BufferStack[Math.Min(Environment.ProcessorCount, 32)];
        for (var i = 0; i < parts.Length; i++)
            parts[i] = new BufferStack(Sizes, FewestKeptBytes / parts.Length);
        _ = new Collection();
        return parts;
    }

    // Sizes run 256, 320, 384, 448, 512, 640, ... : the two bits below the highest one count quarters.
    private static int SizeIndex(int size)
    {
        var last = (uint)Math.Max(size, SmallestSize) - 1;
        var power = BitOperations.Log2(last);
        return (power - BitOperations.Log2(SmallestSize - 1)) * 4 + (int)(last >>> (power - 2) & 3) - 3;
    }

    private static int SizeOf(int index)
    {
        var quarter = index + 3;
        var power = BitOperations.Log2(SmallestSize - 1) + quarter / 4;
        return (4 + quarter % 4 + 1) << (power - 2);
    }

    /// <summary>Nobody refers to it: each collection of the generation that it has come to calls its finalizer.</summary>
    private sealed class Collection
    {
        ~Collection()
        {
            Collected();
            GC.ReRegisterForFinalize(this);
        }
    }
}
