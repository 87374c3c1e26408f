namespace Orleans.Kpl.Pipeline.Aggregation;

/// <summary>What stands before the data of one user record in an aggregate.</summary>
internal readonly struct RecordHead
{
    private readonly uint _keyIndex;
    private readonly int _hashKeyIndex;
    private readonly uint _dataLength;
    private readonly uint _size;

    /// <param name="keyIndex">Where its partition key is in the table.</param>
    /// <param name="hashKeyIndex">Where its explicit hash key is in the table, or -1 when it has none.</param>
    /// <param name="dataLength">Bytes of its data.</param>
    public RecordHead(int keyIndex, int hashKeyIndex, int dataLength)
    {
        _keyIndex = (uint)keyIndex;
        _hashKeyIndex = hashKeyIndex;
        _dataLength = (uint)dataLength;
        _size = 2 + (uint)AggregateFormat.VarintSize(_keyIndex) + (uint)AggregateFormat.VarintSize(_dataLength) + _dataLength;
        if (hashKeyIndex >= 0)
            _size += 1 + (uint)AggregateFormat.VarintSize((uint)hashKeyIndex);
    }

    /// <summary>Bytes of the whole record, data, tag and length included.</summary>
    public int TotalSize => 1 + AggregateFormat.VarintSize(_size) + (int)_size;

    /// <summary>Writes the whole record and returns where it ends.</summary>
    public int Write(Span<byte> target, int position, ReadOnlySpan<byte> data)
    {
        target[position] = AggregateFormat.RecordTag;
        position = AggregateFormat.WriteVarint(target, position + 1, _size);
        target[position] = AggregateFormat.PartitionKeyIndexTag;
        position = AggregateFormat.WriteVarint(target, position + 1, _keyIndex);
        if (_hashKeyIndex >= 0)
        {
            target[position] = AggregateFormat.HashKeyIndexTag;
            position = AggregateFormat.WriteVarint(target, position + 1, (uint)_hashKeyIndex);
        }
        target[position] = AggregateFormat.DataTag;
        position = AggregateFormat.WriteVarint(target, position + 1, _dataLength);
        data.CopyTo(target[position..]);
        return position + data.Length;
    }
}
