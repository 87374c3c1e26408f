using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Orleans.Kpl.Deaggregation.Hashing;

/// <summary>
/// Two registers as one with twice the lanes. Each of MD5's steps waits for the one before it, so one register alone leaves most of the
/// processor idle; two that take turns fill it.
/// </summary>
internal readonly unsafe struct Md5PairRegister<T, TRegister> : IMd5Register<Md5Pair<T>>
    where T : unmanaged
    where TRegister : IMd5Register<T>
{
    public static int Lanes => 2 * TRegister.Lanes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Md5Pair<T> Fill(uint value) => new(TRegister.Fill(value), TRegister.Fill(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Md5Pair<T> Add(Md5Pair<T> left, Md5Pair<T> right) =>
        new(TRegister.Add(left.First, right.First), TRegister.Add(left.Second, right.Second));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Md5Pair<T> StepF(
        Md5Pair<T> a, Md5Pair<T> b, Md5Pair<T> c, Md5Pair<T> d, [ConstantExpected] byte bits) => new(
        TRegister.StepF(a.First, b.First, c.First, d.First, bits),
        TRegister.StepF(a.Second, b.Second, c.Second, d.Second, bits));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Md5Pair<T> StepG(
        Md5Pair<T> a, Md5Pair<T> b, Md5Pair<T> c, Md5Pair<T> d, [ConstantExpected] byte bits) => new(
        TRegister.StepG(a.First, b.First, c.First, d.First, bits),
        TRegister.StepG(a.Second, b.Second, c.Second, d.Second, bits));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Md5Pair<T> StepH(
        Md5Pair<T> a, Md5Pair<T> b, Md5Pair<T> c, Md5Pair<T> d, [ConstantExpected] byte bits) => new(
        TRegister.StepH(a.First, b.First, c.First, d.First, bits),
        TRegister.StepH(a.Second, b.Second, c.Second, d.Second, bits));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Md5Pair<T> StepI(
        Md5Pair<T> a, Md5Pair<T> b, Md5Pair<T> c, Md5Pair<T> d, [ConstantExpected] byte bits) => new(
        TRegister.StepI(a.First, b.First, c.First, d.First, bits),
        TRegister.StepI(a.Second, b.Second, c.Second, d.Second, bits));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadBlocks(byte** blocks, nint offset, Md5Pair<T>* words, int stride)
    {
        TRegister.LoadBlocks(blocks, offset, (T*)words, 2 * stride);
        TRegister.LoadBlocks(blocks + TRegister.Lanes, offset, (T*)words + 1, 2 * stride);
    }
}
