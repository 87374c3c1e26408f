using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Orleans.Kpl.Pipeline.Buffers;
using Words = System.Runtime.Intrinsics.Vector256<uint>;

namespace Orleans.Kpl.Aws.Hashing;

/// <summary>SHA-256's 64 rounds (FIPS 180-4, 6.2.2) over the blocks of eight messages.</summary>
/// <remarks>
/// The loop does 16 rounds a turn, and the words are in memory, replaced between the rounds. Unrolled further, registers spill, which made it up to
/// three times as slow; with eight rounds a turn and the words computed ahead of them it was slower too.
/// It is compiled with full optimization at once, as otherwise each of the small functions would be a call.
/// </remarks>
internal static unsafe class Sha256Kernel<TRegister>
    where TRegister : ISha256Register
{
    private const int Alignment = 64;
    private const int LastTurn = Sha256Constants.Rounds - Sha256Constants.WordsInBlock;

    // Processors prefetch a few streams of memory by themselves, not one for each lane. So the code prefetches this many blocks ahead.
    private const int Ahead = 6;

    /// <param name="state">The state after the messages' earlier blocks.</param>
    /// <param name="blocks">Where each message's blocks start.</param>
    /// <param name="count">How many blocks of each message to hash.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    public static void Compress(Sha256State* state, byte** blocks, nint count)
    {
        var space = stackalloc byte[(Sha256Constants.WordsInBlock * sizeof(Words)) + Alignment];
        var words = (Words*)(((nuint)space + (Alignment - 1)) & ~(nuint)(Alignment - 1));
        // Constants of the assembly: they never move.
        var added = (uint*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(Sha256Constants.Added));
        var sums = state->Words;
        for (nint block = 0; block < count; block++)
        {
            for (var lane = 0; lane < Sha256Lanes.Count; lane++)
                Prefetch.Soon(blocks[lane] + ((block + Ahead) * Sha256Constants.BlockSize));
            Sha256Block.Load(blocks, block * Sha256Constants.BlockSize, words);
            var (a, b, c, d) = (Of(sums, 0), Of(sums, 1), Of(sums, 2), Of(sums, 3));
            var (e, f, g, h) = (Of(sums, 4), Of(sums, 5), Of(sums, 6), Of(sums, 7));
            for (var round = 0; round < Sha256Constants.Rounds; round += Sha256Constants.WordsInBlock)
            {
                var constants = added + round;
                h = First(e, f, g, h, words[0], constants[0]);
                d += h;
                h += Second(a, b, c);
                g = First(d, e, f, g, words[1], constants[1]);
                c += g;
                g += Second(h, a, b);
                f = First(c, d, e, f, words[2], constants[2]);
                b += f;
                f += Second(g, h, a);
                e = First(b, c, d, e, words[3], constants[3]);
                a += e;
                e += Second(f, g, h);
                if (round < LastTurn)
                    Extend(words, 0);
                d = First(a, b, c, d, words[4], constants[4]);
                h += d;
                d += Second(e, f, g);
                c = First(h, a, b, c, words[5], constants[5]);
                g += c;
                c += Second(d, e, f);
                b = First(g, h, a, b, words[6], constants[6]);
                f += b;
                b += Second(c, d, e);
                a = First(f, g, h, a, words[7], constants[7]);
                e += a;
                a += Second(b, c, d);
                if (round < LastTurn)
                    Extend(words, 4);
                h = First(e, f, g, h, words[8], constants[8]);
                d += h;
                h += Second(a, b, c);
                g = First(d, e, f, g, words[9], constants[9]);
                c += g;
                g += Second(h, a, b);
                f = First(c, d, e, f, words[10], constants[10]);
                b += f;
                f += Second(g, h, a);
                e = First(b, c, d, e, words[11], constants[11]);
                a += e;
                e += Second(f, g, h);
                if (round < LastTurn)
                    Extend(words, 8);
                d = First(a, b, c, d, words[12], constants[12]);
                h += d;
                d += Second(e, f, g);
                c = First(h, a, b, c, words[13], constants[13]);
                g += c;
                c += Second(d, e, f);
                b = First(g, h, a, b, words[14], constants[14]);
                f += b;
                b += Second(c, d, e);
                a = First(f, g, h, a, words[15], constants[15]);
                e += a;
                a += Second(b, c, d);
                if (round < LastTurn)
                    Extend(words, 12);
            }

            Add(sums, 0, a);
            Add(sums, 1, b);
            Add(sums, 2, c);
            Add(sums, 3, d);
            Add(sums, 4, e);
            Add(sums, 5, f);
            Add(sums, 6, g);
            Add(sums, 7, h);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Words Of(uint* sums, int word) => Vector256.Load(sums + (word * Sha256Lanes.Count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(uint* sums, int word, Words value) =>
        (Of(sums, word) + value).Store(sums + (word * Sha256Lanes.Count));

    /// <summary>The standard's T1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Words First(Words e, Words f, Words g, Words h, Words word, uint constant) =>
        h + (word + Vector256.Create(constant)) + TRegister.Choose(e, f, g) + TRegister.BigSum1(e);

    /// <summary>The standard's T2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Words Second(Words a, Words b, Words c) => TRegister.BigSum0(a) + TRegister.Majority(a, b, c);

    /// <summary>Replaces four words by those of 16 rounds later.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Extend(Words* words, int first)
    {
        Replace(words, first);
        Replace(words, first + 1);
        Replace(words, first + 2);
        Replace(words, first + 3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Replace(Words* words, int i) =>
        words[i] += TRegister.SmallSum0(words[(i + 1) & 15]) + words[(i + 9) & 15] + TRegister.SmallSum1(words[(i + 14) & 15]);
}
