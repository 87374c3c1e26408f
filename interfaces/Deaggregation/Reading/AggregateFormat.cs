using System.Numerics;
using System.Runtime.CompilerServices;

namespace Orleans.Kpl.Deaggregation;

/// <summary>
/// The bytes of KPL's aggregated record (aggregation-format.md): magic, a proto2 message <c>AggregatedRecord</c>, the message's MD5.
/// </summary>
internal static class AggregateFormat
{
    public const int MagicSize = 4;
    public const int TrailerSize = 16;

    /// <summary>The bytes of an aggregate besides its message.</summary>
    public const int FrameSize = MagicSize + TrailerSize;

    /// <summary>Field 1 of the aggregate: a partition key of the table.</summary>
    public const byte PartitionKeyTag = 1 << 3 | LengthDelimited;

    /// <summary>Field 2 of the aggregate: an explicit hash key of the table, as decimal text.</summary>
    public const byte HashKeyTag = 2 << 3 | LengthDelimited;

    /// <summary>Field 3 of the aggregate: a user record.</summary>
    public const byte RecordTag = 3 << 3 | LengthDelimited;

    /// <summary>Field 1 of a user record: the index of its partition key. Also written when it is 0.</summary>
    public const byte PartitionKeyIndexTag = 1 << 3;

    /// <summary>Field 2 of a user record: the index of its explicit hash key, where it has one.</summary>
    public const byte HashKeyIndexTag = 2 << 3;

    /// <summary>Field 3 of a user record: its data. Also written when it is empty.</summary>
    public const byte DataTag = 3 << 3 | LengthDelimited;

    /// <summary>Field 4 of a user record: tags. KPL writes none; ordered streams write the <see cref="ProducerNumber"/> as one.</summary>
    public const byte TagsTag = 4 << 3 | LengthDelimited;

    private const int LengthDelimited = 2;

    public static ReadOnlySpan<byte> Magic => [0xf3, 0x89, 0x9a, 0xc2];

    /// <summary>How many bytes a number takes as a varint.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int VarintSize(uint value) => (BitOperations.Log2(value | 1) * 9 + 73) >>> 6;

    /// <summary>Writes a varint and returns the position behind it. The caller has ensured that there is space.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ref byte WriteVarint(ref byte target, uint value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            target = (byte)(value | 0x80);
            target = ref Unsafe.Add(ref target, 1);
        }
        target = (byte)value;
        return ref Unsafe.Add(ref target, 1);
    }

    /// <summary>Reads a varint that <see cref="WriteVarint"/> wrote.</summary>
    public static uint ReadVarint(ReadOnlySpan<byte> source, ref int position)
    {
        uint value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var part = source[position++];
            value |= (part & 0x7fu) << shift;
            if (part < 0x80)
                return value;
        }
    }
}
