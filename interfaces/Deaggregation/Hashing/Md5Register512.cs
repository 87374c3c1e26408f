using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Words = System.Runtime.Intrinsics.Vector512<uint>;

namespace Orleans.Kpl.Deaggregation.Hashing;

/// <summary>Sixteen messages in a 512-bit register (AVX-512F: rotation and any function of three words are one instruction each).</summary>
internal readonly unsafe struct Md5Register512 : IMd5Register<Words>
{
    // Truth tables of functions of three inputs b, c, d, made from those of the inputs themselves.
    private const byte B = 0xf0;
    private const byte C = 0xcc;
    private const byte D = 0xaa;

    public static bool IsSupported => Vector512.IsHardwareAccelerated && Avx512F.IsSupported;

    public static int Lanes => 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Words Fill(uint value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Words Add(Words left, Words right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Words StepF(Words a, Words b, Words c, Words d, [ConstantExpected] byte bits) =>
        Avx512F.RotateLeft(a + Avx512F.TernaryLogic(b, c, d, ((C ^ D) & B) ^ D), bits) + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Words StepG(Words a, Words b, Words c, Words d, [ConstantExpected] byte bits) =>
        Avx512F.RotateLeft(a + Avx512F.TernaryLogic(b, c, d, ((B ^ C) & D) ^ C), bits) + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Words StepH(Words a, Words b, Words c, Words d, [ConstantExpected] byte bits) =>
        Avx512F.RotateLeft(a + Avx512F.TernaryLogic(b, c, d, B ^ C ^ D), bits) + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Words StepI(Words a, Words b, Words c, Words d, [ConstantExpected] byte bits) =>
        Avx512F.RotateLeft(a + Avx512F.TernaryLogic(b, c, d, C ^ (B | (D ^ 0xff))), bits) + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadBlocks(byte** blocks, nint offset, Words* words, int stride)
    {
        // Four messages at a time: 4 × 4 words are transposed within each 128-bit quarter, then the quarters change places.
        for (var i = 0; i < 4; i++)
        {
            var row0 = Vector512.Load((uint*)(blocks[i * 4] + offset));
            var row1 = Vector512.Load((uint*)(blocks[i * 4 + 1] + offset));
            var row2 = Vector512.Load((uint*)(blocks[i * 4 + 2] + offset));
            var row3 = Vector512.Load((uint*)(blocks[i * 4 + 3] + offset));
            var low01 = Avx512F.UnpackLow(row0, row1).AsUInt64();
            var low23 = Avx512F.UnpackLow(row2, row3).AsUInt64();
            var high01 = Avx512F.UnpackHigh(row0, row1).AsUInt64();
            var high23 = Avx512F.UnpackHigh(row2, row3).AsUInt64();
            words[i * 4 * stride] = Avx512F.UnpackLow(low01, low23).AsUInt32();
            words[(i * 4 + 1) * stride] = Avx512F.UnpackHigh(low01, low23).AsUInt32();
            words[(i * 4 + 2) * stride] = Avx512F.UnpackLow(high01, high23).AsUInt32();
            words[(i * 4 + 3) * stride] = Avx512F.UnpackHigh(high01, high23).AsUInt32();
        }
        // Quarter q of register 4m + i now holds word 4q + i of messages 4m to 4m + 3.
        for (var i = 0; i < 4; i++)
        {
            var messages0 = words[i * stride];
            var messages1 = words[(4 + i) * stride];
            var messages2 = words[(8 + i) * stride];
            var messages3 = words[(12 + i) * stride];
            var even01 = Avx512F.Shuffle4x128(messages0, messages1, 0b10_00_10_00);
            var even23 = Avx512F.Shuffle4x128(messages2, messages3, 0b10_00_10_00);
            var odd01 = Avx512F.Shuffle4x128(messages0, messages1, 0b11_01_11_01);
            var odd23 = Avx512F.Shuffle4x128(messages2, messages3, 0b11_01_11_01);
            words[i * stride] = Avx512F.Shuffle4x128(even01, even23, 0b10_00_10_00);
            words[(4 + i) * stride] = Avx512F.Shuffle4x128(odd01, odd23, 0b10_00_10_00);
            words[(8 + i) * stride] = Avx512F.Shuffle4x128(even01, even23, 0b11_01_11_01);
            words[(12 + i) * stride] = Avx512F.Shuffle4x128(odd01, odd23, 0b11_01_11_01);
        }
    }
}
