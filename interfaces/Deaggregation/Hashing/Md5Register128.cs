using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using Words = System.Runtime.Intrinsics.Vector128<uint>;

namespace Orleans.Kpl.Deaggregation.Hashing;

/// <summary>Four messages in a 128-bit register (SSE2, ARM AdvSimd).</summary>
internal readonly unsafe struct Md5Register128 : IMd5Register<Words>
{
    public static bool IsSupported => Vector128.IsHardwareAccelerated && BitConverter.IsLittleEndian;

    public static int Lanes => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Words Fill(uint value) => Vector128.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Words Add(Words left, Words right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Words StepF(Words a, Words b, Words c, Words d, [ConstantExpected] byte bits) =>
        RotateLeft(a + (((c ^ d) & b) ^ d), bits) + b;

    // The two halves share no bit, so they can be added one after the other. b comes last: the next step waits for it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Words StepG(Words a, Words b, Words c, Words d, [ConstantExpected] byte bits) =>
        RotateLeft(a + Vector128.AndNot(c, d) + (d & b), bits) + b;

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
        for (var i = 0; i < 4; i++)
        {
            var row0 = Vector128.Load((uint*)(blocks[0] + offset) + i * 4);
            var row1 = Vector128.Load((uint*)(blocks[1] + offset) + i * 4);
            var row2 = Vector128.Load((uint*)(blocks[2] + offset) + i * 4);
            var row3 = Vector128.Load((uint*)(blocks[3] + offset) + i * 4);
            var low01 = ZipLow(row0, row1).AsUInt64();
            var low23 = ZipLow(row2, row3).AsUInt64();
            var high01 = ZipHigh(row0, row1).AsUInt64();
            var high23 = ZipHigh(row2, row3).AsUInt64();
            words[i * 4 * stride] = ZipLow(low01, low23).AsUInt32();
            words[(i * 4 + 1) * stride] = ZipHigh(low01, low23).AsUInt32();
            words[(i * 4 + 2) * stride] = ZipLow(high01, high23).AsUInt32();
            words[(i * 4 + 3) * stride] = ZipHigh(high01, high23).AsUInt32();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Words ZipLow(Words left, Words right) =>
        Sse2.IsSupported ? Sse2.UnpackLow(left, right)
        : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipLow(left, right)
        : Vector128.Create(left[0], right[0], left[1], right[1]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Words ZipHigh(Words left, Words right) =>
        Sse2.IsSupported ? Sse2.UnpackHigh(left, right)
        : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipHigh(left, right)
        : Vector128.Create(left[2], right[2], left[3], right[3]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> ZipLow(Vector128<ulong> left, Vector128<ulong> right) =>
        Sse2.IsSupported ? Sse2.UnpackLow(left, right)
        : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipLow(left, right)
        : Vector128.Create(left[0], right[0]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> ZipHigh(Vector128<ulong> left, Vector128<ulong> right) =>
        Sse2.IsSupported ? Sse2.UnpackHigh(left, right)
        : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipHigh(left, right)
        : Vector128.Create(left[1], right[1]);
}
