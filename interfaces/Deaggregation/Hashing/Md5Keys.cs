using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Orleans.Kpl.Deaggregation.Hashing;

/// <summary>MD5 of many messages that fit one block each, one in each lane of a register.</summary>
internal static unsafe class Md5Keys<T, TRegister>
    where T : unmanaged
    where TRegister : IMd5Register<T>
{
    // The length in bits is in the last two words of the block, the lower one first.
    private const int LengthWord = Md5Kernel.WordsInBlock - 2;

    // Read from memory: where a vector is wider than the processor's, its Indices are written byte by byte each time.
    private static ReadOnlySpan<byte> Indices =>
    [
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
        32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63,
    ];

    /// <param name="buffer">The messages, one behind the other.</param>
    /// <param name="length">Bytes in the buffer.</param>
    /// <param name="ends">Where each message ends. Messages of more than 55 bytes are skipped.</param>
    /// <param name="digests">Receives each message's digest, read as a big-endian number.</param>
    /// <returns>How many messages were skipped.</returns>
    [SkipLocalsInit]
    public static int HashShort(byte* buffer, int length, ReadOnlySpan<int> ends, Span<UInt128> digests)
    {
        var rows = stackalloc byte[TRegister.Lanes * Md5Kernel.BlockSize];
        var blocks = stackalloc byte*[TRegister.Lanes];
        var bits = stackalloc uint[TRegister.Lanes];
        var indices = stackalloc int[TRegister.Lanes];
        var space = stackalloc byte[Md5Kernel.SpaceForWords<T>()];
        var words = Md5Kernel.AlignWords<T>(space);
        for (var i = 0; i < TRegister.Lanes; i++)
        {
            blocks[i] = rows + i * Md5Kernel.BlockSize;
            bits[i] = 0;
        }

        var passed = 0;
        var filled = 0;
        var start = 0;
        for (var i = 0; i < ends.Length; i++)
        {
            var end = ends[i];
            var size = end - start;
            if (size < 0)
                throw new ArgumentException("Ends must not decrease.", nameof(ends));
            if (size <= Md5Kernel.LongestInOneBlock)
            {
                PadShort(blocks[filled], buffer + start, size, length - start);
                bits[filled] = (uint)size * 8;
                indices[filled] = i;
                filled++;
            }
            else
            {
                passed++;
            }
            start = end;
            if (filled == TRegister.Lanes || (i == ends.Length - 1 && filled > 0))
            {
                Hash(blocks, bits, words, indices, filled, digests);
                filled = 0;
            }
        }
        return passed;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Hash(byte** blocks, uint* bits, T* words, int* indices, int count, Span<UInt128> digests)
    {
        TRegister.LoadBlocks(blocks, 0, words, 1);
        words[LengthWord] = Unsafe.ReadUnaligned<T>(bits);
        var state = Md5State<T>.Create<TRegister>();
        Md5Kernel<T, TRegister>.Compress(ref state, words);
        for (var i = 0; i < count; i++)
            digests[indices[i]] = state.Digest(i);
    }

    /// <summary>Writes a message of at most 55 bytes and its padding, but not its length.</summary>
    /// <param name="block">Receives 64 bytes.</param>
    /// <param name="readable">How many bytes may be read from where it starts.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PadShort(byte* block, byte* message, int length, nint readable)
    {
        if (readable < Md5Kernel.BlockSize)
        {
            PadNearEnd(block, message, length);
            return;
        }

        var end = Vector256.Create((byte)length);
        PadHalf(block, message, 0, end);
        PadHalf(block, message, (nuint)Vector256<byte>.Count, end);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PadHalf(byte* block, byte* message, nuint first, Vector256<byte> end)
    {
        // The bytes behind the message are read too, and masked out. Signed: AVX2 does not compare unsigned bytes, and none of these is over 127.
        var indices = Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(Indices), first);
        var padding = Vector256.Equals(indices, end) & Vector256.Create(Md5Kernel.End);
        var isBefore = Vector256.LessThan(indices.AsSByte(), end.AsSByte()).AsByte();
        Vector256.ConditionalSelect(isBefore, Vector256.Load(message + first), padding).Store(block + first);
    }

    private static void PadNearEnd(byte* block, byte* message, int length)
    {
        var target = new Span<byte>(block, Md5Kernel.BlockSize);
        target.Clear();
        new ReadOnlySpan<byte>(message, length).CopyTo(target);
        target[length] = Md5Kernel.End;
    }
}
