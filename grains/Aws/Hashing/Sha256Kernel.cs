using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Orleans.Kpl.Aggregation.Buffers;
using Words = System.Runtime.Intrinsics.Vector256<uint>;

namespace Orleans.Kpl.Aws.Hashing;

/// <summary>SHA-256's 64 rounds (FIPS 180-4, 6.2.2) over the blocks of eight messages, one word of each in a register of 256 bits.</summary>
/// <remarks>
/// The loop does 16 rounds a turn, and the words are in memory, replaced between the rounds. Unrolled further, registers spill, which made it up to
/// three times as slow; with eight rounds a turn and the words computed ahead of them it was slower too.
/// It is compiled with full optimization at once, as otherwise each of the small functions would be a call.
/// Registers of 512 bits are left alone: on some processors they slow down what follows.
/// </remarks>
internal static unsafe class Sha256Kernel
{
    /// <summary>How many messages are hashed side by side.</summary>
    public const int Lanes = 8;

    public const int BlockSize = 64;

    /// <summary>The words of a digest, and of the state that is carried from block to block.</summary>
    public const int WordsInState = 8;

    private const int WordsInBlock = 16;
    private const int Rounds = 64;
    private const int LastTurn = Rounds - WordsInBlock;
    private const int Alignment = 64;

    // Processors prefetch a few streams of memory by themselves, not one for each lane. So the code prefetches this many blocks ahead.
    private const int Ahead = 6;

    /// <summary>Whether this processor can run the kernel.</summary>
    public static bool IsSupported => Avx2.IsSupported;

    /// <summary>Whether it rotates, and combines three registers, in one instruction (AVX-512VL): then it needs half the time.</summary>
    public static bool IsFast => Avx512F.VL.IsSupported;

    /// <summary>The state before the first block (5.3.3).</summary>
    public static ReadOnlySpan<uint> Start =>
        [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];

    /// <summary>The constants that the rounds add (4.2.2).</summary>
    private static ReadOnlySpan<uint> Added =>
    [
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
        0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
    ];

    /// <param name="sums">The state after the messages' earlier blocks: the first word of each message, then the second one, and so on.</param>
    /// <param name="blocks">Where each message's blocks start.</param>
    /// <param name="count">How many blocks of each message to hash.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    public static void Compress(uint* sums, byte** blocks, nint count)
    {
        var space = stackalloc byte[(WordsInBlock * sizeof(Words)) + Alignment];
        var words = (Words*)(((nuint)space + (Alignment - 1)) & ~(nuint)(Alignment - 1));
        // Constants of the assembly: they never move.
        var added = (uint*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(Added));
        for (nint block = 0; block < count; block++)
        {
            for (var lane = 0; lane < Lanes; lane++)
                Prefetch.Soon(blocks[lane] + ((block + Ahead) * BlockSize));
            Load(blocks, block * BlockSize, words);
            var (a, b, c, d) = (Of(sums, 0), Of(sums, 1), Of(sums, 2), Of(sums, 3));
            var (e, f, g, h) = (Of(sums, 4), Of(sums, 5), Of(sums, 6), Of(sums, 7));
            for (var round = 0; round < Rounds; round += WordsInBlock)
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
    private static Words Of(uint* sums, int word) => Vector256.Load(sums + (word * Lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(uint* sums, int word, Words value) => (Of(sums, word) + value).Store(sums + (word * Lanes));

    /// <summary>The standard's T1: Σ1 and Ch, which has the bit of g where e has 0, of f where it has 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Words First(Words e, Words f, Words g, Words h, Words word, uint constant) =>
        h + (word + Vector256.Create(constant)) + Vector256.ConditionalSelect(e, f, g) + (Rotate(e, 6) ^ Rotate(e, 11) ^ Rotate(e, 25));

    /// <summary>The standard's T2: Σ0 and Maj, which has what at least two of the three have.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Words Second(Words a, Words b, Words c) => (Rotate(a, 2) ^ Rotate(a, 13) ^ Rotate(a, 22)) + Majority(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Words Majority(Words a, Words b, Words c) => IsFast ? Avx512F.VL.TernaryLogic(a, b, c, 0xE8) : ((a | b) & c) | (a & b);

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
    private static void Replace(Words* words, int i)
    {
        var (old, recent) = (words[(i + 1) & 15], words[(i + 14) & 15]);
        words[i] += (Rotate(old, 7) ^ Rotate(old, 18) ^ (old >>> 3)) + words[(i + 9) & 15] + (Rotate(recent, 17) ^ Rotate(recent, 19) ^ (recent >>> 10));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Words Rotate(Words word, [ConstantExpected] byte bits) =>
        IsFast ? Avx512F.VL.RotateRight(word, bits) : (word >>> bits) ^ (word << (32 - bits));

    /// <summary>Loads one 64-byte block of each message and turns rows into columns: words[i] gets word i of every message.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Load(byte** blocks, nint offset, Words* words)
    {
        for (var part = 0; part < WordsInBlock / 4; part++)
        {
            // Each 128-bit half is transposed for itself, four messages by four words.
            var row0 = Row(blocks, 0, offset);
            var row1 = Row(blocks, 1, offset);
            var row2 = Row(blocks, 2, offset);
            var row3 = Row(blocks, 3, offset);
            var low01 = Avx2.UnpackLow(row0, row1).AsUInt64();
            var low23 = Avx2.UnpackLow(row2, row3).AsUInt64();
            var high01 = Avx2.UnpackHigh(row0, row1).AsUInt64();
            var high23 = Avx2.UnpackHigh(row2, row3).AsUInt64();
            words[0] = Avx2.UnpackLow(low01, low23).AsUInt32();
            words[1] = Avx2.UnpackHigh(low01, low23).AsUInt32();
            words[2] = Avx2.UnpackLow(high01, high23).AsUInt32();
            words[3] = Avx2.UnpackHigh(high01, high23).AsUInt32();
            words += 4;
            offset += Vector128<byte>.Count;
        }
    }

    /// <summary>Four words of a message and, in the upper half, of the one four lanes on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Words Row(byte** blocks, int lane, nint offset) => Avx2.Shuffle(
        Vector256.Create(Vector128.Load(blocks[lane] + offset), Vector128.Load(blocks[lane + 4] + offset)),
        Vector256.Create((byte)3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12)).AsUInt32();
}
