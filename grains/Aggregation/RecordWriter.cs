using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Orleans.Kpl.Deaggregation;

namespace Orleans.Kpl.Aggregation;

/// <summary>Encodes one user record of an aggregate.</summary>
internal static class RecordWriter
{
    /// <summary>As the index of an explicit hash key: the record has none.</summary>
    public const int NoHashKey = -1;

    /// <summary>
    /// The most bytes that a record takes besides its data: one of up to 16,383 bytes, without an explicit hash key, in an aggregate of up to
    /// 16,383 partition keys.
    /// </summary>
    public const int MostOverhead = 9;

    /// <summary>The size in bytes of a record's fields.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int SizeOfFields(int keyIndex, int hashKeyIndex, int dataLength)
    {
        var size = 2 + AggregateFormat.VarintSize((uint)keyIndex) + AggregateFormat.VarintSize((uint)dataLength) + dataLength;
        return hashKeyIndex == NoHashKey ? size : size + 1 + AggregateFormat.VarintSize((uint)hashKeyIndex);
    }

    /// <summary>The size in bytes of a record with its own tag and length.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int SizeOf(int sizeOfFields) => 1 + AggregateFormat.VarintSize((uint)sizeOfFields) + sizeOfFields;

    /// <summary>Writes a record. The caller has ensured that there is space.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write(ref byte target, int sizeOfFields, int keyIndex, int hashKeyIndex, ReadOnlySpan<byte> data)
    {
        target = AggregateFormat.RecordTag;
        target = ref AggregateFormat.WriteVarint(ref Unsafe.Add(ref target, 1), (uint)sizeOfFields);
        target = AggregateFormat.PartitionKeyIndexTag;
        target = ref AggregateFormat.WriteVarint(ref Unsafe.Add(ref target, 1), (uint)keyIndex);
        if (hashKeyIndex != NoHashKey)
        {
            target = AggregateFormat.HashKeyIndexTag;
            target = ref AggregateFormat.WriteVarint(ref Unsafe.Add(ref target, 1), (uint)hashKeyIndex);
        }
        target = AggregateFormat.DataTag;
        target = ref AggregateFormat.WriteVarint(ref Unsafe.Add(ref target, 1), (uint)data.Length);
        data.CopyTo(MemoryMarshal.CreateSpan(ref target, data.Length));
    }
}
