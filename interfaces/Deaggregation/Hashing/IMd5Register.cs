using System.Diagnostics.CodeAnalysis;

namespace Orleans.Kpl.Deaggregation.Hashing;

/// <summary>
/// The operations that MD5 needs from a register with one 32-bit word of each of several messages. The JIT compiles the code that uses it
/// once for each kind of register, with these calls inlined.
/// </summary>
internal unsafe interface IMd5Register<T>
    where T : unmanaged
{
    /// <summary>The number of messages in one register.</summary>
    static abstract int Lanes { get; }

    /// <summary>Returns a register with one word in every lane.</summary>
    static abstract T Fill(uint value);

    static abstract T Add(T left, T right);

    /// <summary>b + (a + (the bits of d where b has 0, of c where it has 1), rotated left).</summary>
    static abstract T StepF(T a, T b, T c, T d, [ConstantExpected] byte bits);

    /// <summary>b + (a + (the bits of c where d has 0, of b where it has 1), rotated left).</summary>
    static abstract T StepG(T a, T b, T c, T d, [ConstantExpected] byte bits);

    /// <summary>b + (a + (b xor c xor d), rotated left).</summary>
    static abstract T StepH(T a, T b, T c, T d, [ConstantExpected] byte bits);

    /// <summary>b + (a + (c xor (b or not d)), rotated left).</summary>
    static abstract T StepI(T a, T b, T c, T d, [ConstantExpected] byte bits);

    /// <summary>Loads one 64-byte block of each message and turns rows into columns: words[i] gets word i of every message.</summary>
    /// <param name="blocks">Where each message's block starts.</param>
    /// <param name="offset">Added to each of them.</param>
    /// <param name="words">Receives 16 registers.</param>
    /// <param name="stride">The distance from one of them to the next, in registers.</param>
    static abstract void LoadBlocks(byte** blocks, nint offset, T* words, int stride);
}
