using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

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

/// <summary>One message in a general register.</summary>
internal readonly unsafe struct Md5Register32 : IMd5Register<uint>
{
    public static int Lanes => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Fill(uint value) => value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Add(uint left, uint right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint StepF(uint a, uint b, uint c, uint d, [ConstantExpected] byte bits) =>
        BitOperations.RotateLeft(a + (((c ^ d) & b) ^ d), bits) + b;

    // The two halves share no bit, so they can be added one after the other. b comes last: the next step waits for it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint StepG(uint a, uint b, uint c, uint d, [ConstantExpected] byte bits) =>
        BitOperations.RotateLeft(a + (~d & c) + (d & b), bits) + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint StepH(uint a, uint b, uint c, uint d, [ConstantExpected] byte bits) =>
        BitOperations.RotateLeft(a + (c ^ d ^ b), bits) + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint StepI(uint a, uint b, uint c, uint d, [ConstantExpected] byte bits) =>
        BitOperations.RotateLeft(a + ((~d | b) ^ c), bits) + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadBlocks(byte** blocks, nint offset, uint* words, int stride)
    {
        for (var i = 0; i < Md5Kernel.WordsInBlock; i++)
        {
            var word = Unsafe.ReadUnaligned<uint>(blocks[0] + offset + i * sizeof(uint));
            words[i * stride] = BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word);
        }
    }
}

/// <summary>Eight messages in a register of 256 bits (AVX2), or in two of 128 (SSE2, ARM AdvSimd).</summary>
internal readonly unsafe struct Md5Register256 : IMd5Register<Vector256<uint>>
{
    public static bool IsSupported => Vector128.IsHardwareAccelerated && BitConverter.IsLittleEndian;

    public static int Lanes => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Fill(uint value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Add(Vector256<uint> left, Vector256<uint> right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> StepF(Vector256<uint> a, Vector256<uint> b, Vector256<uint> c, Vector256<uint> d, [ConstantExpected] byte bits) =>
        RotateLeft(a + (((c ^ d) & b) ^ d), bits) + b;

    // The two halves share no bit, so they can be added one after the other. b comes last: the next step waits for it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> StepG(Vector256<uint> a, Vector256<uint> b, Vector256<uint> c, Vector256<uint> d, [ConstantExpected] byte bits) =>
        RotateLeft(a + Vector256.AndNot(c, d) + (d & b), bits) + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> StepH(Vector256<uint> a, Vector256<uint> b, Vector256<uint> c, Vector256<uint> d, [ConstantExpected] byte bits) =>
        RotateLeft(a + (c ^ d ^ b), bits) + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> StepI(Vector256<uint> a, Vector256<uint> b, Vector256<uint> c, Vector256<uint> d, [ConstantExpected] byte bits) =>
        RotateLeft(a + ((~d | b) ^ c), bits) + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> RotateLeft(Vector256<uint> value, [ConstantExpected] byte bits) => (value << bits) | (value >>> (32 - bits));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadBlocks(byte** blocks, nint offset, Vector256<uint>* words, int stride)
    {
        // Each 128 bits are transposed for themselves: four messages by four words.
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

    /// <summary>Four words of a message and, in the upper half, of the one four lanes on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Row(byte** blocks, nint offset) =>
        Vector256.Create(Vector128.Load(blocks[0] + offset), Vector128.Load(blocks[4] + offset)).AsUInt32();

    /// <summary>Of each 128 bits, the words of the lower half: one of the left, one of the right, and so on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> ZipLow(Vector256<uint> left, Vector256<uint> right) => Avx2.IsSupported
        ? Avx2.UnpackLow(left, right)
        : Vector256.Create(ZipLow(left.GetLower(), right.GetLower()), ZipLow(left.GetUpper(), right.GetUpper()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> ZipLow(Vector128<uint> left, Vector128<uint> right) =>
        Sse2.IsSupported ? Sse2.UnpackLow(left, right)
        : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipLow(left, right)
        : Vector128.Create(left[0], right[0], left[1], right[1]);

    /// <summary>Of each 128 bits, the words of the upper half.</summary>
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

/// <summary>Sixteen messages in a 512-bit register (AVX-512F: rotation and any function of three words are one instruction each).</summary>
internal readonly unsafe struct Md5Register512 : IMd5Register<Vector512<uint>>
{
    // Truth tables of functions of three inputs b, c, d, made from those of the inputs themselves.
    private const byte B = 0xf0;
    private const byte C = 0xcc;
    private const byte D = 0xaa;

    public static bool IsSupported => Vector512.IsHardwareAccelerated && Avx512F.IsSupported;

    public static int Lanes => 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> Fill(uint value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> Add(Vector512<uint> left, Vector512<uint> right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> StepF(Vector512<uint> a, Vector512<uint> b, Vector512<uint> c, Vector512<uint> d, [ConstantExpected] byte bits) =>
        Avx512F.RotateLeft(a + Avx512F.TernaryLogic(b, c, d, ((C ^ D) & B) ^ D), bits) + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> StepG(Vector512<uint> a, Vector512<uint> b, Vector512<uint> c, Vector512<uint> d, [ConstantExpected] byte bits) =>
        Avx512F.RotateLeft(a + Avx512F.TernaryLogic(b, c, d, ((B ^ C) & D) ^ C), bits) + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> StepH(Vector512<uint> a, Vector512<uint> b, Vector512<uint> c, Vector512<uint> d, [ConstantExpected] byte bits) =>
        Avx512F.RotateLeft(a + Avx512F.TernaryLogic(b, c, d, B ^ C ^ D), bits) + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> StepI(Vector512<uint> a, Vector512<uint> b, Vector512<uint> c, Vector512<uint> d, [ConstantExpected] byte bits) =>
        Avx512F.RotateLeft(a + Avx512F.TernaryLogic(b, c, d, C ^ (B | (D ^ 0xff))), bits) + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadBlocks(byte** blocks, nint offset, Vector512<uint>* words, int stride)
    {
        // Each 128 bits are transposed for themselves: four messages by four words.
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
    private static Vector512<uint> Row(byte** blocks, nint offset) => Vector512.Create(
        Vector256.Create(Vector128.Load(blocks[0] + offset), Vector128.Load(blocks[4] + offset)),
        Vector256.Create(Vector128.Load(blocks[8] + offset), Vector128.Load(blocks[12] + offset))).AsUInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> ZipLow(Vector512<uint> left, Vector512<uint> right) => Avx512F.UnpackLow(left, right);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> ZipHigh(Vector512<uint> left, Vector512<uint> right) => Avx512F.UnpackHigh(left, right);
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
    public static Md5Pair<T> StepF(Md5Pair<T> a, Md5Pair<T> b, Md5Pair<T> c, Md5Pair<T> d, [ConstantExpected] byte bits) => new(
        TRegister.StepF(a.First, b.First, c.First, d.First, bits), TRegister.StepF(a.Second, b.Second, c.Second, d.Second, bits));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Md5Pair<T> StepG(Md5Pair<T> a, Md5Pair<T> b, Md5Pair<T> c, Md5Pair<T> d, [ConstantExpected] byte bits) => new(
        TRegister.StepG(a.First, b.First, c.First, d.First, bits), TRegister.StepG(a.Second, b.Second, c.Second, d.Second, bits));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Md5Pair<T> StepH(Md5Pair<T> a, Md5Pair<T> b, Md5Pair<T> c, Md5Pair<T> d, [ConstantExpected] byte bits) => new(
        TRegister.StepH(a.First, b.First, c.First, d.First, bits), TRegister.StepH(a.Second, b.Second, c.Second, d.Second, bits));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Md5Pair<T> StepI(Md5Pair<T> a, Md5Pair<T> b, Md5Pair<T> c, Md5Pair<T> d, [ConstantExpected] byte bits) => new(
        TRegister.StepI(a.First, b.First, c.First, d.First, bits), TRegister.StepI(a.Second, b.Second, c.Second, d.Second, bits));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadBlocks(byte** blocks, nint offset, Md5Pair<T>* words, int stride)
    {
        TRegister.LoadBlocks(blocks, offset, (T*)words, 2 * stride);
        TRegister.LoadBlocks(blocks + TRegister.Lanes, offset, (T*)words + 1, 2 * stride);
    }
}
