using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Words = System.Runtime.Intrinsics.Vector256<uint>;

namespace Orleans.Kpl.Aws.Hashing;

/// <summary>
/// A register of AVX2 with the instructions of AVX-512VL. Registers of 512 bits are left alone: on some processors they slow down what follows.
/// </summary>
internal readonly struct Sha256RegisterVl : ISha256Register
{
    // What an instruction makes of three bits: a place for each of their eight combinations, the first operand's bit the highest.
    private const byte ChooseBits = 0xCA, MajorityBits = 0xE8, XorBits = 0x96;

    public static bool IsSupported => Avx2.IsSupported && Avx512F.VL.IsSupported;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Words Choose(Words e, Words f, Words g) => Avx512F.VL.TernaryLogic(e, f, g, ChooseBits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Words Majority(Words a, Words b, Words c) => Avx512F.VL.TernaryLogic(a, b, c, MajorityBits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Words BigSum0(Words a) => Xor(Rotate(a, 2), Rotate(a, 13), Rotate(a, 22));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Words BigSum1(Words e) => Xor(Rotate(e, 6), Rotate(e, 11), Rotate(e, 25));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Words SmallSum0(Words word) => Xor(Rotate(word, 7), Rotate(word, 18), word >>> 3);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Words SmallSum1(Words word) => Xor(Rotate(word, 17), Rotate(word, 19), word >>> 10);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Words Xor(Words a, Words b, Words c) => Avx512F.VL.TernaryLogic(a, b, c, XorBits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Words Rotate(Words word, [ConstantExpected] byte bits) => Avx512F.VL.RotateRight(word, bits);
}
