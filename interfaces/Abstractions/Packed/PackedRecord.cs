namespace Orleans.Kpl.Packed;

/// <summary>One record of a packed message; a view of the message's memory.</summary>
internal readonly ref struct PackedRecord(PackedRecords records, PackedPlace place)
{
    private readonly PackedRecords _records = records;

    /// <summary>The record's position, for finding it again with <see cref="PackedRecords"/>.</summary>
    public PackedPlace Place { get; } = place;

    /// <summary>The partition key as UTF-8.</summary>
    public ReadOnlySpan<byte> Key => _records.KeyOf(Place);

    public ReadOnlyMemory<byte> Data => _records.DataOf(Place);

    /// <summary>The hash key, if the message carries it: an explicit one, or the MD5 of the partition key.</summary>
    public UInt128? Hash => Place.HasHash ? _records.HashOf(Place) : null;

    /// <summary>The producer number; null where the message carries none for the record.</summary>
    public PackedNumber? Number => _records.NumberOf(Place);

    /// <summary>Whether the hash key is an explicit one.</summary>
    public bool IsExplicit => Place.IsExplicit;
}
