namespace Orleans.Kpl.LocalKinesis.Store;

/// <summary>One record of a put, decoded in the request's own buffer.</summary>
internal struct PutEntry
{
    public ReadOnlyMemory<byte> Key;
    public ReadOnlyMemory<byte> Data;
    public UInt128 Hash;
    public RecordMarks Marks;
    public bool HasData;
    public bool HasKey;

    /// <summary>What limits count: data and the key's UTF-8 bytes.</summary>
    public readonly int ChargedBytes => Key.Length + Data.Length;
}
