using System.Buffers.Binary;

namespace Orleans.Kpl.Packed;

/// <summary>Ranges of hash keys in a message: the first and the last key of each, 16 bytes each, big-endian, in ascending order and apart.</summary>
internal static class PackedRanges
{
    private const int KeyBytes = 16;

    /// <summary>Packs ranges that are in the order of their first keys. Those that touch or overlap become one.</summary>
    public static byte[] Pack(IEnumerable<(UInt128 First, UInt128 Last)> ranges)
    {
        List<(UInt128 First, UInt128 Last)> apart = [];
        foreach (var (first, last) in ranges)
        {
            if (apart.Count > 0 && (apart[^1].Last == UInt128.MaxValue || first <= apart[^1].Last + 1))
                apart[^1] = (apart[^1].First, UInt128.Max(apart[^1].Last, last));
            else
                apart.Add((first, last));
        }

        var packed = new byte[apart.Count * 2 * KeyBytes];
        for (var i = 0; i < apart.Count; i++)
        {
            BinaryPrimitives.WriteUInt128BigEndian(packed.AsSpan(i * 2 * KeyBytes), apart[i].First);
            BinaryPrimitives.WriteUInt128BigEndian(packed.AsSpan((i * 2 + 1) * KeyBytes), apart[i].Last);
        }

        return packed;
    }

    /// <summary>Parses ranges.</summary>
    /// <exception cref="PackedFormatException">The bytes are no ranges, or not in ascending order and apart.</exception>
    public static (UInt128 First, UInt128 Last)[] Parse(ReadOnlySpan<byte> packed)
    {
        if (packed.Length % (2 * KeyBytes) != 0)
            throw new PackedFormatException($"ranges of hash keys take {2 * KeyBytes} bytes each, not {packed.Length} in all");
        var ranges = new (UInt128 First, UInt128 Last)[packed.Length / (2 * KeyBytes)];
        for (var i = 0; i < ranges.Length; i++)
        {
            ranges[i] = (BinaryPrimitives.ReadUInt128BigEndian(packed[(i * 2 * KeyBytes)..]),
                BinaryPrimitives.ReadUInt128BigEndian(packed[((i * 2 + 1) * KeyBytes)..]));
            if (ranges[i].First > ranges[i].Last || (i > 0 && ranges[i].First <= ranges[i - 1].Last))
                throw new PackedFormatException("ranges of hash keys are in ascending order and apart");
        }

        return ranges;
    }
}
