using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Orleans.Kpl.Deaggregation.Hashing;

/// <summary>MD5's 64 steps (RFC 1321, 3.4) over one block of each message in a register.</summary>
/// <remarks>
/// The loop does four steps a turn and is not fully unrolled. So it is small enough to run from the processor's cache of decoded
/// instructions together with the loading of blocks. It is compiled with full optimization at once, as otherwise each of the small
/// functions would be a call.
/// </remarks>
internal static unsafe class Md5Kernel<T, TRegister>
    where T : unmanaged
    where TRegister : IMd5Register<T>
{
    /// <param name="state">The state after the messages' earlier blocks.</param>
    /// <param name="words">The block: 16 registers with one word of each message.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Compress(ref Md5State<T> state, T* words)
    {
        var (a, b, c, d) = (state.A, state.B, state.C, state.D);
        // Constants of the assembly: they never move.
        var sine = (uint*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(Md5Constants.Sines));
        var word = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(Md5Constants.Words));
        for (nint i = 0; i < 16; i += 4)
        {
            a = TRegister.StepF(Add(a, words, sine, word, i), b, c, d, 7);
            d = TRegister.StepF(Add(d, words, sine, word, i + 1), a, b, c, 12);
            c = TRegister.StepF(Add(c, words, sine, word, i + 2), d, a, b, 17);
            b = TRegister.StepF(Add(b, words, sine, word, i + 3), c, d, a, 22);
        }
        for (nint i = 16; i < 32; i += 4)
        {
            a = TRegister.StepG(Add(a, words, sine, word, i), b, c, d, 5);
            d = TRegister.StepG(Add(d, words, sine, word, i + 1), a, b, c, 9);
            c = TRegister.StepG(Add(c, words, sine, word, i + 2), d, a, b, 14);
            b = TRegister.StepG(Add(b, words, sine, word, i + 3), c, d, a, 20);
        }
        for (nint i = 32; i < 48; i += 4)
        {
            a = TRegister.StepH(Add(a, words, sine, word, i), b, c, d, 4);
            d = TRegister.StepH(Add(d, words, sine, word, i + 1), a, b, c, 11);
            c = TRegister.StepH(Add(c, words, sine, word, i + 2), d, a, b, 16);
            b = TRegister.StepH(Add(b, words, sine, word, i + 3), c, d, a, 23);
        }
        for (nint i = 48; i < 64; i += 4)
        {
            a = TRegister.StepI(Add(a, words, sine, word, i), b, c, d, 6);
            d = TRegister.StepI(Add(d, words, sine, word, i + 1), a, b, c, 10);
            c = TRegister.StepI(Add(c, words, sine, word, i + 2), d, a, b, 15);
            b = TRegister.StepI(Add(b, words, sine, word, i + 3), c, d, a, 21);
        }
        state.A = TRegister.Add(state.A, a);
        state.B = TRegister.Add(state.B, b);
        state.C = TRegister.Add(state.C, c);
        state.D = TRegister.Add(state.D, d);
    }

    // The part of a step's sum that does not depend on the step before it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Add(T a, T* words, uint* sine, byte* word, nint step) =>
        TRegister.Add(a, TRegister.Add(words[word[step]], TRegister.Fill(sine[step])));
}
