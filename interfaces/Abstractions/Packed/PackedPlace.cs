namespace Orleans.Kpl.Packed;

/// <summary>The position of one record in a packed message, for random access. It is small, so that thousands can be kept.</summary>
/// <param name="KeyStart">Where the key begins within <see cref="PackedRecords.Keys"/>.</param>
/// <param name="KeyLength">Bytes of the key.</param>
/// <param name="DataStart">Where the data begins within <see cref="PackedRecords.Bytes"/>.</param>
/// <param name="DataLength">Bytes of the data.</param>
/// <param name="HashStart">Where the hash key begins within <see cref="PackedRecords.Bytes"/>; 0 when the record carries none.</param>
/// <param name="IsExplicit">Whether the hash key is an explicit one.</param>
/// <param name="NumberStart">Where the producer number begins within <see cref="PackedRecords.Bytes"/>; 0 when the message has none.</param>
internal readonly record struct PackedPlace(
    int KeyStart, int KeyLength, int DataStart, int DataLength, int HashStart, bool IsExplicit, int NumberStart)
{
    /// <summary>Whether the record carries its hash key.</summary>
    public bool HasHash => HashStart != 0;
}
