using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Orleans.Kpl.Aggregation;

/// <summary>
/// A fast hash of short texts for tables in memory: multiply and fold, 16 bytes a step. Its key is a secret of the process, so that nobody
/// can choose partition keys that all collide in a table. The hash is never written anywhere.
/// </summary>
internal static class TextHash
{
    private const ulong Step = 0x9e3779b97f4a7c15;

    private static readonly ulong Secret0 = MakeSecret();
    private static readonly ulong Secret1 = MakeSecret();

    public static ulong Of(ReadOnlySpan<byte> text)
    {
        ref var start = ref MemoryMarshal.GetReference(text);
        var length = text.Length;
        var secret = Secret0 ^ (uint)length;
        if (length >= 16)
        {
            // Each 16 bytes are folded with their own secret, so that none of the multiplications waits for another.
            ulong hash = 0;
            for (var i = 0; i < length - 16; i += 16)
            {
                hash ^= Fold(Read64(ref start, i) ^ secret, Read64(ref start, i + 8) ^ Secret1);
                secret += Step;
            }
            return hash ^ Fold(Read64(ref start, length - 16) ^ secret, Read64(ref start, length - 8) ^ Secret1);
        }
        if (length >= 8)
            return Fold(Read64(ref start, 0) ^ secret, Read64(ref start, length - 8) ^ Secret1);
        if (length >= 4)
            return Fold(Read32(ref start, 0) ^ secret, Read32(ref start, length - 4) ^ Secret1);

        ulong last = 0;
        for (var i = 0; i < length; i++)
            last = last << 8 | text[i];
        return Fold(last ^ secret, Secret1);
    }

    private static ulong Fold(ulong left, ulong right)
    {
        var high = Math.BigMul(left, right, out var low);
        return high ^ low;
    }

    private static ulong Read64(ref byte start, int offset) => Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref start, offset));

    private static ulong Read32(ref byte start, int offset) => Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref start, offset));

    private static ulong MakeSecret()
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        RandomNumberGenerator.Fill(bytes);
        return MemoryMarshal.Read<ulong>(bytes) | 1;
    }
}
