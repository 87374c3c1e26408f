using System.Buffers.Binary;
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
        var sine = (uint*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(Md5Kernel.Sines));
        var word = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(Md5Kernel.Words));
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

/// <summary>The numbers of MD5 (RFC 1321).</summary>
internal static class Md5Kernel
{
    public const int BlockSize = 64;
    public const int WordsInBlock = 16;

    /// <summary>The longest message that, with padding and length, still is one block.</summary>
    public const int LongestInOneBlock = BlockSize - 1 - sizeof(ulong);

    /// <summary>The byte behind a message's last one.</summary>
    public const byte End = 0x80;

    public const uint A = 0x67452301;
    public const uint B = 0xefcdab89;
    public const uint C = 0x98badcfe;
    public const uint D = 0x10325476;

    private const int Alignment = 64;

    /// <summary>The constants that the 64 steps add: the integer part of 2^32 × |sin(step)|.</summary>
    public static ReadOnlySpan<uint> Sines =>
    [
        0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
        0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
        0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
        0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
        0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
        0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
        0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
        0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
    ];

    /// <summary>The indexes, among the block's 16 words, of those that the 64 steps add.</summary>
    public static ReadOnlySpan<byte> Words =>
    [
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
        1, 6, 11, 0, 5, 10, 15, 4, 9, 14, 3, 8, 13, 2, 7, 12,
        5, 8, 11, 14, 1, 4, 7, 10, 13, 0, 3, 6, 9, 12, 15, 2,
        0, 7, 14, 5, 12, 3, 10, 1, 8, 15, 6, 13, 4, 11, 2, 9,
    ];

    /// <summary>The number of bytes to reserve for one block of each message in a register.</summary>
    public static unsafe int SpaceForWords<T>()
        where T : unmanaged => sizeof(T) * WordsInBlock + Alignment;

    /// <summary>Returns where in the reserved space the words begin, so that they take as few cache lines as possible.</summary>
    public static unsafe T* AlignWords<T>(byte* space)
        where T : unmanaged => (T*)(((nuint)space + (Alignment - 1)) & ~(nuint)(Alignment - 1));
}

/// <summary>The four words that MD5 carries from block to block, of each message in a register.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Md5State<T>
    where T : unmanaged
{
    public T A;
    public T B;
    public T C;
    public T D;

    /// <summary>The state before the first block, in every lane.</summary>
    public static Md5State<T> Create<TRegister>()
        where TRegister : IMd5Register<T> => new()
        {
            A = TRegister.Fill(Md5Kernel.A),
            B = TRegister.Fill(Md5Kernel.B),
            C = TRegister.Fill(Md5Kernel.C),
            D = TRegister.Fill(Md5Kernel.D),
        };

    /// <summary>Starts a message in one lane.</summary>
    public void Start(int lane)
    {
        Word(ref A, lane) = Md5Kernel.A;
        Word(ref B, lane) = Md5Kernel.B;
        Word(ref C, lane) = Md5Kernel.C;
        Word(ref D, lane) = Md5Kernel.D;
    }

    /// <summary>Copies one lane into another.</summary>
    public void Move(int from, int to)
    {
        Word(ref A, to) = Word(ref A, from);
        Word(ref B, to) = Word(ref B, from);
        Word(ref C, to) = Word(ref C, from);
        Word(ref D, to) = Word(ref D, from);
    }

    /// <summary>A lane's digest, read as a big-endian number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public UInt128 Digest(int lane) => new(
        BinaryPrimitives.ReverseEndianness(Word(ref A, lane) | (ulong)Word(ref B, lane) << 32),
        BinaryPrimitives.ReverseEndianness(Word(ref C, lane) | (ulong)Word(ref D, lane) << 32));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref uint Word(ref T register, int lane) => ref Unsafe.Add(ref Unsafe.As<T, uint>(ref register), lane);
}
