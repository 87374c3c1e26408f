using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Orleans.Kpl.Deaggregation.Hashing;

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
        var source = blocks[0] + offset;
        for (var i = 0; i < Md5Constants.WordsInBlock; i++)
        {
            var word = Unsafe.ReadUnaligned<uint>(source + i * sizeof(uint));
            words[i * stride] = BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word);
        }
    }
}
