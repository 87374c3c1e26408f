namespace Orleans.Kpl.Deaggregation;

/// <summary>
/// Reads messages as KPL and this library write them, in one pass: tables first, fields in their order, no more than there must be. It gives up
/// at the first thing that is otherwise, and <see cref="AnyMessage"/> reads the message.
/// </summary>
internal static class PlainMessage
{
    private const int MostVarintBytes = 4;
    private const int NoVarint = -1;

    /// <summary>Reads the whole message; false when it is not such a one, whatever the tables hold then.</summary>
    public static bool TryRead(ReadOnlySpan<byte> payload, int end, MemberTables tables)
    {
        var source = payload[..end];
        var position = AggregateFormat.MagicSize;
        while (position < source.Length)
        {
            var tag = source[position++];
            var length = ReadVarint(source, ref position);
            if (length == NoVarint || length > source.Length - position)
                return false;
            switch (tag)
            {
                case AggregateFormat.RecordTag:
                    if (!TryReadMember(source, position, position + length, tables))
                        return false;
                    break;
                case AggregateFormat.PartitionKeyTag:
                    tables.AddPartitionKey(position, length);
                    break;
                case AggregateFormat.HashKeyTag:
                    tables.AddHashKey(position, length);
                    break;
                default:
                    return false;
            }

            position += length;
        }

        return true;
    }

    private static bool TryReadMember(ReadOnlySpan<byte> source, int position, int end, MemberTables tables)
    {
        source = source[..end];
        if (position >= end || source[position++] != AggregateFormat.PartitionKeyIndexTag)
            return false;
        var partitionKey = ReadVarint(source, ref position);
        if ((uint)partitionKey >= (uint)tables.PartitionKeys.Length || position >= end)
            return false;

        var hashKey = MemberTables.None;
        var tag = source[position++];
        if (tag == AggregateFormat.HashKeyIndexTag)
        {
            hashKey = ReadVarint(source, ref position);
            if ((uint)hashKey >= (uint)tables.HashKeys.Length || !tables.TryUseHashKey(source, hashKey) || position >= end)
                return false;
            tag = source[position++];
        }

        if (tag != AggregateFormat.DataTag)
            return false;
        var length = ReadVarint(source, ref position);
        if (length == NoVarint || length > end - position)
            return false;
        if (length == end - position)
        {
            tables.Add(partitionKey, hashKey, position, length);
            return true;
        }

        // Behind the data only a producer number may be.
        var data = (position, length);
        var number = position + length;
        if (source[number++] != AggregateFormat.TagsTag)
            return false;
        var size = ReadVarint(source, ref number);
        return size != NoVarint && size == end - number && ProducerNumber.Read(source, number, end) is { } read
            && tables.TryAdd(source, new RecordFields((ulong)partitionKey, hashKey == MemberTables.None ? null : (ulong)hashKey, data, read));
    }

    /// <summary>Reads a varint of a few bytes; <see cref="NoVarint"/> when it is cut short or longer.</summary>
    private static int ReadVarint(ReadOnlySpan<byte> source, ref int position)
    {
        var value = 0;
        for (var shift = 0; shift < MostVarintBytes * 7; shift += 7)
        {
            if ((uint)position >= (uint)source.Length)
                return NoVarint;
            var part = source[position++];
            value |= (part & 0x7f) << shift;
            if (part < 0x80)
                return value;
        }

        return NoVarint;
    }
}
