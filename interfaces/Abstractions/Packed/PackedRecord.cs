using System.Globalization;

namespace Orleans.Kpl.Packed;

/// <summary>One record of a packed message; a view of the message's memory.</summary>
internal readonly ref struct PackedRecord(PackedRecords records, PackedPosition position)
{
    private readonly PackedRecords _records = records;

    /// <summary>The record's position, for finding it again with <see cref="PackedRecords"/>.</summary>
    public PackedPosition Position { get; } = position;

    /// <summary>The partition key as UTF-8.</summary>
    public ReadOnlySpan<byte> Key => _records.KeyOf(Position);

    public ReadOnlyMemory<byte> Data => _records.DataOf(Position);

    /// <summary>The hash key, if the message carries it: an explicit one, or the MD5 of the partition key.</summary>
    public UInt128? Hash => Position.HasHash ? _records.HashOf(Position) : null;

    /// <summary>The producer number; null where the message carries none for the record.</summary>
    public PackedNumber? Number => _records.NumberOf(Position);

    /// <summary>Whether the hash key is an explicit one.</summary>
    public bool IsExplicit => Position.IsExplicit;
}

/// <summary>The position of one record in a packed message, for random access. It is small, so that thousands can be kept.</summary>
/// <param name="KeyStart">Where the key begins within <see cref="PackedRecords.Keys"/>.</param>
/// <param name="DataStart">Where the data begins within the message.</param>
/// <param name="HashStart">Where the hash key begins within the message; 0 when the record carries none.</param>
/// <param name="NumberStart">Where the producer number begins within the message; 0 when the message has none.</param>
internal readonly record struct PackedPosition(
    int KeyStart, int KeyLength, int DataStart, int DataLength, int HashStart, bool IsExplicit, int NumberStart)
{
    /// <summary>Whether the record carries its hash key.</summary>
    public bool HasHash => HashStart != 0;
}

/// <summary>A producer number as packed records carry it.</summary>
/// <param name="Line">Its line; never 0.</param>
internal readonly record struct PackedNumber(ulong Producer, int Line, long Number)
{
    /// <summary>The size of one in bytes.</summary>
    public const int Bytes = sizeof(ulong) + sizeof(int) + sizeof(long);

    /// <summary>The text that consumers know it by: <c>PRODUCER.LINE.NUMBER</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Producer:x16}.{Line}.{Number}");
}
