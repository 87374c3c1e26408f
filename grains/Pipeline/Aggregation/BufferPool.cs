using System.Numerics;

namespace Orleans.Kpl.Pipeline.Aggregation;

/// <summary>
/// Byte arrays for open and closed aggregates. Unlike <see cref="System.Buffers.ArrayPool{T}.Shared"/> it has four sizes between a power
/// of two and the next (an aggregate of 51,200 bytes takes 56 KiB, not 64), and keeps what a thousand shards that close at the same
/// instant give back, up to a limit in bytes. Each core has a part of its own; a core that finds its part empty takes from another's.
/// </summary>
internal static class BufferPool
{
    /// <summary>Kept for re-use at most, by all cores together.</summary>
    private const long MaxKeptBytes = 128L * 1024 * 1024;

    /// <summary>A buffer of any of so many sizes will do: at most four times what was asked for.</summary>
    private const int LargerSizes = 9;

    private const int SmallestSize = 256;
    private const int LargestSize = 16 * 1024 * 1024;

    private static readonly int Sizes = SizeIndex(LargestSize) + 1;
    private static readonly BufferStack[] Parts = CreateParts();

    /// <summary>An array of at least this many bytes, its contents anything.</summary>
    public static byte[] Rent(int size)
    {
        if (size > LargestSize)
            return GC.AllocateUninitializedArray<byte>(size);

        var index = SizeIndex(size);
        var home = Thread.GetCurrentProcessorId() % Parts.Length;
        for (var i = 0; i < Parts.Length; i++)
        {
            if (Parts[(home + i) % Parts.Length].TryPop(index, out var buffer))
                return buffer;
        }

        // One that is larger but idle costs nothing.
        for (var larger = index + 1; larger < Math.Min(Sizes, index + LargerSizes); larger++)
        {
            if (Parts[home].TryPop(larger, out var buffer))
                return buffer;
        }

        Parts[home].Missed(index);
        return GC.AllocateUninitializedArray<byte>(SizeOf(index));
    }

    /// <summary>Gives an array back. It must not be touched afterwards.</summary>
    public static void Return(byte[] buffer)
    {
        if (buffer.Length > LargestSize)
            return;
        var index = SizeIndex(buffer.Length);
        var home = Parts[Thread.GetCurrentProcessorId() % Parts.Length];
        if (!home.IsPrepared(index))
        {
            foreach (var part in Parts)
                part.Prepare(index);
        }
        home.Push(index, buffer);
    }

    private static BufferStack[] CreateParts()
    {
        var parts = new BufferStack[Math.Min(Environment.ProcessorCount, 32)];
        for (var i = 0; i < parts.Length; i++)
            parts[i] = new BufferStack(Sizes, MaxKeptBytes / parts.Length);
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
}
