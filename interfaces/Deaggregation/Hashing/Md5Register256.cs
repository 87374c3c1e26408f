using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Words = System.Runtime.Intrinsics.Vector256<uint>;

namespace Orleans.Kpl.Deaggregation.Hashing;

/// <summary>Eight messages in a 256-bit register (AVX2).</summary>
internal readonly unsafe struct Md5Register256 : IMd5Register<Words>
{
    public static bool IsSupported => Avx2.IsSupported;

    public static int Lanes => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Words Fill(uint value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Words Add(Words left, Words right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Words StepF(Words a, Words b, Words c, Words d, [ConstantExpected] byte bits) =>
        RotateLeft(a + (((c ^ d) & b) ^ d), bits) + b;

    // The two halves share no bit, so they can be added one after the other. b comes last: the next step waits for it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Words StepG(Words a, Words b, Words c, Words d, [ConstantExpected] byte bits) =>
        RotateLeft(a + Vector256.AndNot(c, d) + (d & b), bits) + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Words StepH(Words a, Words b, Words c, Words d, [ConstantExpected] byte bits) =>
        RotateLeft(a + (c ^ d ^ b), bits) + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Words StepI(Words a, Words b, Words c, Words d, [ConstantExpected] byte bits) =>
        RotateLeft(a + ((~d | b) ^ c), bits) + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Words RotateLeft(Words value, [ConstantExpected] byte bits) =>
        (value << bits) | (value >>> (32 - bits));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadBlocks(byte** blocks, nint offset, Words* words, int stride)
    {
        Transpose(blocks, offset, words, stride);
        Transpose(blocks, offset + Vector256<byte>.Count, words + 8 * stride, stride);
    }

    private static void Transpose(byte** blocks, nint offset, Words* words, int stride)
    {
        // Four messages at a time: 4 × 4 words are transposed within each 128-bit half, then the halves change places.
        for (var i = 0; i < 2; i++)
        {
            var row0 = Vector256.Load((uint*)(blocks[i * 4] + offset));
            var row1 = Vector256.Load((uint*)(blocks[i * 4 + 1] + offset));
            var row2 = Vector256.Load((uint*)(blocks[i * 4 + 2] + offset));
            var row3 = Vector256.Load((uint*)(blocks[i * 4 + 3] + offset));
            var low01 = Avx2.UnpackLow(row0, row1).AsUInt64();
            var low23 = Avx2.UnpackLow(row2, row3).AsUInt64();
            var high01 = Avx2.UnpackHigh(row0, row1).AsUInt64();
            var high23 = Avx2.UnpackHigh(row2, row3).AsUInt64();
            words[i * 4 * stride] = Avx2.UnpackLow(low01, low23).AsUInt32();
            words[(i * 4 + 1) * stride] = Avx2.UnpackHigh(low01, low23).AsUInt32();
            words[(i * 4 + 2) * stride] = Avx2.UnpackLow(high01, high23).AsUInt32();
            words[(i * 4 + 3) * stride] = Avx2.UnpackHigh(high01, high23).AsUInt32();
        }
        // Half h of register 4m + i now holds word 4h + i of messages 4m to 4m + 3.
        for (var i = 0; i < 4; i++)
        {
            var messages0 = words[i * stride];
            var messages1 = words[(4 + i) * stride];
            words[i * stride] = Avx2.Permute2x128(messages0, messages1, 0x20);
            words[(4 + i) * stride] = Avx2.Permute2x128(messages0, messages1, 0x31);
        }
    }
}
