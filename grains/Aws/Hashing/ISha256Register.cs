using Words = System.Runtime.Intrinsics.Vector256<uint>;

namespace Orleans.Kpl.Aws.Hashing;

/// <summary>
/// SHA-256's functions (FIPS 180-4, 4.1.2) on a register with one word of each of eight messages. The JIT compiles the code that uses them once
/// for each kind of register, with these calls inlined.
/// </summary>
internal interface ISha256Register
{
    static abstract bool IsSupported { get; }

    /// <summary>Of each bit, that of <paramref name="g"/> where <paramref name="e"/> has 0, of <paramref name="f"/> where it has 1.</summary>
    static abstract Words Choose(Words e, Words f, Words g);

    /// <summary>Of each bit, what at least two of the three have.</summary>
    static abstract Words Majority(Words a, Words b, Words c);

    /// <summary>What the state's first word adds to a round: the standard's Σ0.</summary>
    static abstract Words BigSum0(Words a);

    /// <summary>What the state's fifth word adds to a round: the standard's Σ1.</summary>
    static abstract Words BigSum1(Words e);

    /// <summary>What the word of 15 rounds ago adds to the next one: the standard's σ0.</summary>
    static abstract Words SmallSum0(Words word);

    /// <summary>What the word of two rounds ago adds to the next one: the standard's σ1.</summary>
    static abstract Words SmallSum1(Words word);
}
