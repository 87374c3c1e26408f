namespace Orleans.Kpl.DynamoDb.Backlog;

/// <summary>One number of a log: a segment, or a mark that prevents writing to the number.</summary>
/// <param name="Number">The item's number.</param>
/// <param name="Data">The segment's data if it was requested and is in one piece; null otherwise.</param>
/// <param name="Bytes">Bytes of the segment; 0 for a mark.</param>
/// <param name="Parts">The number of pieces that hold the segment in another log; 0 for a segment in one piece.</param>
/// <param name="SealEpoch">The epoch of the owner that wrote the seal; 0 for a segment, −1 for a segment that was set aside.</param>
/// <param name="Count">The number of records in the segment; 0 where it is no segment.</param>
internal sealed record LogItem(long Number, ReadOnlyMemory<byte>? Data, int Bytes, int Parts, long SealEpoch, int Count = 0)
{
    private const long IsAside = -1;

    /// <summary>Whether the number holds a segment.</summary>
    public bool IsSegment => SealEpoch == 0;

    /// <summary>Whether an owner closed the number to all earlier owners.</summary>
    public bool IsSeal => SealEpoch > 0;

    public static LogItem Segment(long number, ReadOnlyMemory<byte> data) => new(number, data, data.Length, 0, 0);

    public static LogItem InParts(long number, int bytes, int parts) => new(number, null, bytes, parts, 0);

    public static LogItem Seal(long number, long epoch) => new(number, null, 0, 0, epoch);

    public static LogItem Aside(long number) => new(number, null, 0, 0, IsAside);
}
