using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Words = System.Runtime.Intrinsics.Vector256<uint>;

namespace Orleans.Kpl.Aws.Hashing;

/// <summary>Pads messages to whole blocks, and loads one block of each of eight messages.</summary>
internal static unsafe class Sha256Block
{
    /// <summary>The most bytes that <see cref="Pad"/> writes: the end's mark, zeros, and the length.</summary>
    public const int MostPadding = Sha256Constants.BlockSize + sizeof(ulong);

    private const byte End = 0x80;

    /// <summary>Writes the padding behind the end of a message, and returns how many bytes it takes (5.1.1).</summary>
    /// <param name="rest">The buffer from the message's end on.</param>
    /// <param name="length">The message's length in bytes.</param>
    public static int Pad(Span<byte> rest, long length)
    {
        var filled = (int)(length % Sha256Constants.BlockSize);
        var blocks = filled + 1 + sizeof(ulong) > Sha256Constants.BlockSize ? 2 : 1;
        var padding = rest[..((blocks * Sha256Constants.BlockSize) - filled)];
        padding.Clear();
        padding[0] = End;
        BinaryPrimitives.WriteUInt64BigEndian(padding[^sizeof(ulong)..], (ulong)length * 8);
        return padding.Length;
    }

    /// <summary>Loads one 64-byte block of each message and turns rows into columns: words[i] gets word i of every message.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load(byte** blocks, nint offset, Words* words)
    {
        Transpose(blocks, offset, words);
        Transpose(blocks, offset + Vector256<byte>.Count, words + 8);
    }

    private static void Transpose(byte** blocks, nint offset, Words* words)
    {
        // Four messages at a time: 4 × 4 words are transposed within each 128-bit half, then the halves change places.
        for (var i = 0; i < 2; i++)
        {
            var row0 = LoadBigEndian(blocks[i * 4] + offset);
            var row1 = LoadBigEndian(blocks[(i * 4) + 1] + offset);
            var row2 = LoadBigEndian(blocks[(i * 4) + 2] + offset);
            var row3 = LoadBigEndian(blocks[(i * 4) + 3] + offset);
            var low01 = Avx2.UnpackLow(row0, row1).AsUInt64();
            var low23 = Avx2.UnpackLow(row2, row3).AsUInt64();
            var high01 = Avx2.UnpackHigh(row0, row1).AsUInt64();
            var high23 = Avx2.UnpackHigh(row2, row3).AsUInt64();
            words[i * 4] = Avx2.UnpackLow(low01, low23).AsUInt32();
            words[(i * 4) + 1] = Avx2.UnpackHigh(low01, low23).AsUInt32();
            words[(i * 4) + 2] = Avx2.UnpackLow(high01, high23).AsUInt32();
            words[(i * 4) + 3] = Avx2.UnpackHigh(high01, high23).AsUInt32();
        }

        // Half h of register 4m + i now holds word 4h + i of messages 4m to 4m + 3.
        for (var i = 0; i < 4; i++)
        {
            var messages0 = words[i];
            var messages1 = words[4 + i];
            words[i] = Avx2.Permute2x128(messages0, messages1, 0x20);
            words[4 + i] = Avx2.Permute2x128(messages0, messages1, 0x31);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Words LoadBigEndian(byte* row) => Avx2.Shuffle(
        Vector256.Load(row),
        Vector256.Create((byte)3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12)).AsUInt32();
}
