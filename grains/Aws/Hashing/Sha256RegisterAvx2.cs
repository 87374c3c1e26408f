using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Words = System.Runtime.Intrinsics.Vector256<uint>;

namespace Orleans.Kpl.Aws.Hashing;

/// <summary>A register of AVX2, which has no rotation.</summary>
internal readonly struct Sha256RegisterAvx2 : ISha256Register
{
    public static bool IsSupported => Avx2.IsSupported;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Words Choose(Words e, Words f, Words g) => ((f ^ g) & e) ^ g;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Words Majority(Words a, Words b, Words c) => ((a | b) & c) | (a & b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Words BigSum0(Words a) => Rotate(a, 2) ^ Rotate(a, 13) ^ Rotate(a, 22);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Words BigSum1(Words e) => Rotate(e, 6) ^ Rotate(e, 11) ^ Rotate(e, 25);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Words SmallSum0(Words word) => Rotate(word, 7) ^ Rotate(word, 18) ^ (word >>> 3);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Words SmallSum1(Words word) => Rotate(word, 17) ^ Rotate(word, 19) ^ (word >>> 10);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Words Rotate(Words word, [ConstantExpected] byte bits) => (word >>> bits) ^ (word << (32 - bits));
}
