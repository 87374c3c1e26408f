using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text;

namespace Orleans.Kpl.Pipeline.Routing;

/// <summary>Partition keys as UTF-8: what is hashed, aggregated and sent.</summary>
internal static class PartitionKeyText
{
    /// <summary>The most bytes that a UTF-16 unit takes.</summary>
    public const int MaxBytesPerChar = 3;

    /// <summary>
    /// Encodes a key and returns how many bytes it took. Halves of surrogate pairs that stand alone become U+FFFD, as .NET does everywhere.
    /// </summary>
    /// <param name="key">The key.</param>
    /// <param name="target">Room for <see cref="MaxBytesPerChar"/> bytes a character.</param>
    public static int Encode(ReadOnlySpan<char> key, Span<byte> target) =>
        key.Length >= Vector128<byte>.Count && TryNarrow(key, target) ? key.Length : Encoding.UTF8.GetBytes(key, target);

    // Most keys are ASCII, and then every character is its lower half. The last step takes characters that the one before has taken.
    private static bool TryNarrow(ReadOnlySpan<char> key, Span<byte> target)
    {
        if (target.Length < key.Length)
            return false;

        ref var from = ref MemoryMarshal.GetReference(MemoryMarshal.Cast<char, ushort>(key));
        ref var to = ref MemoryMarshal.GetReference(target);
        var last = (nuint)(key.Length - Vector128<byte>.Count);
        var seen = Vector128<ushort>.Zero;
        for (nuint i = 0; ; i = nuint.Min(i + (nuint)Vector128<byte>.Count, last))
        {
            var low = Vector128.LoadUnsafe(ref from, i);
            var high = Vector128.LoadUnsafe(ref from, i + (nuint)Vector128<ushort>.Count);
            seen |= low | high;
            Vector128.Narrow(low, high).StoreUnsafe(ref to, i);
            if (i == last)
                return (seen & Vector128.Create((ushort)0xff80)) == Vector128<ushort>.Zero;
        }
    }
}
