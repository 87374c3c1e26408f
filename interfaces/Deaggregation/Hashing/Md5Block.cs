using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Orleans.Kpl.Deaggregation.Hashing;

/// <summary>Converts messages, or their ends, to whole blocks.</summary>
internal static unsafe class Md5Block
{
    private const byte End = 0x80;

    /// <summary>Where the length in bits is in the last block: its last two words, the lower one first.</summary>
    public const int LengthWord = Md5Constants.WordsInBlock - 2;

    /// <summary>The most bytes that <see cref="PadEnd"/> writes.</summary>
    public const int MaxTail = 2 * Md5Constants.BlockSize;

    private const int Alignment = 64;

    /// <summary>The number of bytes to reserve for one block of each message in a register.</summary>
    public static int SpaceForWords<T>()
        where T : unmanaged => sizeof(T) * Md5Constants.WordsInBlock + Alignment;

    /// <summary>Returns where in the reserved space the words begin, so that they take as few cache lines as possible.</summary>
    public static T* AlignWords<T>(byte* space)
        where T : unmanaged => (T*)(((nuint)space + (Alignment - 1)) & ~(nuint)(Alignment - 1));

    /// <summary>Writes a message of at most 55 bytes and its padding, but not its length.</summary>
    /// <param name="block">Receives 64 bytes.</param>
    /// <param name="readable">How many bytes may be read from where it starts.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void PadShort(byte* block, byte* message, int length, nint readable)
    {
        if (readable < Md5Constants.BlockSize)
        {
            PadNearEnd(block, message, length);
        }
        else if (Vector512.IsHardwareAccelerated)
        {
            Pad(Vector512.Load(message), Vector512<byte>.Indices, length).Store(block);
        }
        else
        {
            // The bytes behind the message are read too, and masked out.
            var half = Vector256<byte>.Count;
            Pad(Vector256.Load(message), Vector256<byte>.Indices, length).Store(block);
            Pad(Vector256.Load(message + half), Vector256<byte>.Indices + Vector256.Create((byte)half), length).Store(block + half);
        }
    }

    /// <summary>Writes the end of a message with padding and length.</summary>
    /// <param name="blocks">Receives one block or two.</param>
    /// <param name="message">The whole message.</param>
    /// <returns>How many blocks it took.</returns>
    public static int PadEnd(byte* blocks, byte* message, int length)
    {
        var rest = length % Md5Constants.BlockSize;
        var count = rest > Md5Constants.LongestInOneBlock ? 2 : 1;
        var target = new Span<byte>(blocks, count * Md5Constants.BlockSize);
        target.Clear();
        new ReadOnlySpan<byte>(message + length - rest, rest).CopyTo(target);
        target[rest] = End;
        BinaryPrimitives.WriteUInt64LittleEndian(target[^sizeof(ulong)..], (ulong)length * 8);
        return count;
    }

    private static void PadNearEnd(byte* block, byte* message, int length)
    {
        var target = new Span<byte>(block, Md5Constants.BlockSize);
        target.Clear();
        new ReadOnlySpan<byte>(message, length).CopyTo(target);
        target[length] = End;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<byte> Pad(Vector512<byte> message, Vector512<byte> indices, int length)
    {
        var end = Vector512.Create((byte)length);
        var padding = Vector512.Equals(indices, end) & Vector512.Create(End);
        return Vector512.ConditionalSelect(Vector512.LessThan(indices, end), message, padding);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Pad(Vector256<byte> message, Vector256<byte> indices, int length)
    {
        // Signed: there is no comparison of unsigned bytes in AVX2, and none of these is over 127.
        var end = Vector256.Create((byte)length);
        var padding = Vector256.Equals(indices, end) & Vector256.Create(End);
        return Vector256.ConditionalSelect(Vector256.LessThan(indices.AsSByte(), end.AsSByte()).AsByte(), message, padding);
    }
}
