using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using Words = System.Runtime.Intrinsics.Vector512<uint>;

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

    /// <summary>b + ((a + the round's function of b, c and d), rotated left). The functions are those of RFC 1321, 3.4: F, G, H and I.</summary>
    /// <param name="round">The round, from 0 to 3: a constant.</param>
    /// <param name="a">The first word of the state, with what the step adds to it.</param>
    /// <param name="b">The second word.</param>
    /// <param name="c">The third word.</param>
    /// <param name="d">The fourth word.</param>
    /// <param name="bits">How far it is rotated.</param>
    static abstract T Step([ConstantExpected] int round, T a, T b, T c, T d, [ConstantExpected] byte bits);

    /// <summary>Loads one 64-byte block of each message and turns rows into columns: words[i] gets word i of every message.</summary>
    /// <param name="blocks">Where each message's block starts.</param>
    /// <param name="offset">Added to each of them.</param>
    /// <param name="words">Receives 16 registers.</param>
    /// <param name="stride">The distance from one of them to the next, in registers.</param>
    static abstract void LoadBlocks(byte** blocks, nint offset, T* words, int stride);
}

/// <summary>One message in a general register.</summary>
internal readonly unsafe struct Md5Register32 : IMd5Register<uint>
{
    public static int Lanes => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Fill(uint value) => value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Add(uint left, uint right) => left + right;

    // The two halves of the second function share no bit, so they can be added one after the other. b comes last: the next step waits for it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Step([ConstantExpected] int round, uint a, uint b, uint c, uint d, [ConstantExpected] byte bits) => b + BitOperations.RotateLeft(
        round switch
        {
            0 => a + (((c ^ d) & b) ^ d),
            1 => a + (~d & c) + (d & b),
            2 => a + (c ^ d ^ b),
            _ => a + ((~d | b) ^ c),
        },
        bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadBlocks(byte** blocks, nint offset, uint* words, int stride)
    {
        for (var i = 0; i < Md5Kernel.WordsInBlock; i++)
        {
            var word = Unsafe.ReadUnaligned<uint>(blocks[0] + offset + i * sizeof(uint));
            words[i * stride] = BitConverter.IsLittleEndian ? word : System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(word);
        }
    }
}

/// <summary>
/// Sixteen messages in a register of 512 bits, or in as many narrower ones as make one: two of AVX2, four of SSE2 or ARM's AdvSimd. With AVX-512
/// rotation and any function of three words are one instruction each.
/// </summary>
internal readonly unsafe struct Md5Register512 : IMd5Register<Words>
{
    // Truth tables of functions of three inputs b, c, d, made from those of the inputs themselves.
    private const byte B = 0xf0;
    private const byte C = 0xcc;
    private const byte D = 0xaa;

    public static bool IsSupported => Vector128.IsHardwareAccelerated && BitConverter.IsLittleEndian;

    /// <summary>Whether it is one register.</summary>
    public static bool IsOne => Vector512.IsHardwareAccelerated && Avx512F.IsSupported;

    public static int Lanes => 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Words Fill(uint value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Words Add(Words left, Words right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Words Step([ConstantExpected] int round, Words a, Words b, Words c, Words d, [ConstantExpected] byte bits) => IsOne
        ? Avx512F.RotateLeft(
            a + round switch
            {
                0 => Avx512F.TernaryLogic(b, c, d, ((C ^ D) & B) ^ D),
                1 => Avx512F.TernaryLogic(b, c, d, ((B ^ C) & D) ^ C),
                2 => Avx512F.TernaryLogic(b, c, d, B ^ C ^ D),
                _ => Avx512F.TernaryLogic(b, c, d, C ^ (B | (D ^ 0xff))),
            },
            bits) + b
        : Vector512.Create(
            Step(round, a.GetLower(), b.GetLower(), c.GetLower(), d.GetLower(), bits),
            Step(round, a.GetUpper(), b.GetUpper(), c.GetUpper(), d.GetUpper(), bits));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Step(
        [ConstantExpected] int round, Vector256<uint> a, Vector256<uint> b, Vector256<uint> c, Vector256<uint> d, [ConstantExpected] byte bits)
    {
        var sum = round switch
        {
            0 => a + (((c ^ d) & b) ^ d),
            1 => a + Vector256.AndNot(c, d) + (d & b),
            2 => a + (c ^ d ^ b),
            _ => a + ((~d | b) ^ c),
        };
        return ((sum << bits) | (sum >>> (32 - bits))) + b;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadBlocks(byte** blocks, nint offset, Words* words, int stride)
    {
        // Each quarter is transposed for itself: four messages by four words.
        for (var i = 0; i < 4; i++)
        {
            var row0 = Row(blocks, offset);
            var row1 = Row(blocks + 1, offset);
            var row2 = Row(blocks + 2, offset);
            var row3 = Row(blocks + 3, offset);
            var (low02, high02) = (ZipLow(row0, row2), ZipHigh(row0, row2));
            var (low13, high13) = (ZipLow(row1, row3), ZipHigh(row1, row3));
            words[0] = ZipLow(low02, low13);
            words[stride] = ZipHigh(low02, low13);
            words[2 * stride] = ZipLow(high02, high13);
            words[3 * stride] = ZipHigh(high02, high13);
            words += 4 * stride;
            offset += Vector128<byte>.Count;
        }
    }

    /// <summary>Four words of a message and, in the other quarters, of those four, eight and twelve lanes on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Words Row(byte** blocks, nint offset) => Vector512.Create(
        Vector256.Create(Vector128.Load(blocks[0] + offset), Vector128.Load(blocks[4] + offset)),
        Vector256.Create(Vector128.Load(blocks[8] + offset), Vector128.Load(blocks[12] + offset))).AsUInt32();

    /// <summary>Of each quarter, the words of the lower half: one of the left, one of the right, and so on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Words ZipLow(Words left, Words right) => IsOne
        ? Avx512F.UnpackLow(left, right)
        : Vector512.Create(ZipLow(left.GetLower(), right.GetLower()), ZipLow(left.GetUpper(), right.GetUpper()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> ZipLow(Vector256<uint> left, Vector256<uint> right) => Avx2.IsSupported
        ? Avx2.UnpackLow(left, right)
        : Vector256.Create(ZipLow(left.GetLower(), right.GetLower()), ZipLow(left.GetUpper(), right.GetUpper()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> ZipLow(Vector128<uint> left, Vector128<uint> right) =>
        Sse2.IsSupported ? Sse2.UnpackLow(left, right)
        : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipLow(left, right)
        : Vector128.Create(left[0], right[0], left[1], right[1]);

    /// <summary>Of each quarter, the words of the upper half.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Words ZipHigh(Words left, Words right) => IsOne
        ? Avx512F.UnpackHigh(left, right)
        : Vector512.Create(ZipHigh(left.GetLower(), right.GetLower()), ZipHigh(left.GetUpper(), right.GetUpper()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> ZipHigh(Vector256<uint> left, Vector256<uint> right) => Avx2.IsSupported
        ? Avx2.UnpackHigh(left, right)
        : Vector256.Create(ZipHigh(left.GetLower(), right.GetLower()), ZipHigh(left.GetUpper(), right.GetUpper()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> ZipHigh(Vector128<uint> left, Vector128<uint> right) =>
        Sse2.IsSupported ? Sse2.UnpackHigh(left, right)
        : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipHigh(left, right)
        : Vector128.Create(left[2], right[2], left[3], right[3]);
}

/// <summary>Two registers that take turns.</summary>
internal struct Md5Pair<T>(T first, T second)
    where T : unmanaged
{
    public T First = first;
    public T Second = second;
}

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
    public static Md5Pair<T> Step(
        [ConstantExpected] int round, Md5Pair<T> a, Md5Pair<T> b, Md5Pair<T> c, Md5Pair<T> d, [ConstantExpected] byte bits) => new(
        TRegister.Step(round, a.First, b.First, c.First, d.First, bits), TRegister.Step(round, a.Second, b.Second, c.Second, d.Second, bits));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadBlocks(byte** blocks, nint offset, Md5Pair<T>* words, int stride)
    {
        TRegister.LoadBlocks(blocks, offset, (T*)words, 2 * stride);
        TRegister.LoadBlocks(blocks + TRegister.Lanes, offset, (T*)words + 1, 2 * stride);
    }
}
