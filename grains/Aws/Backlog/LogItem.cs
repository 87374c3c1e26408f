namespace Orleans.Kpl.Aws.Backlog;

/// <summary>One number of a log: a segment, or a mark that nobody may write there.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Data">The segment where it was asked for and is in one piece; null otherwise.</param>
/// <param name="Bytes">Bytes of the segment; 0 for a mark.</param>
/// <param name="Parts">In how many pieces the segment lies elsewhere; 0 where it is in one.</param>
/// <param name="SealEpoch">Of a seal, the epoch of the owner who put it there; 0 for a segment, −1 where one was set aside.</param>
internal sealed record LogItem(long Number, ReadOnlyMemory<byte>? Data, int Bytes, int Parts, long SealEpoch)
{
    private const long IsAside = -1;

    /// <summary>Whether there is a segment.</summary>
    public bool IsSegment => SealEpoch == 0;

    /// <summary>Whether an owner closed the number to all before it.</summary>
    public bool IsSeal => SealEpoch > 0;

    public static LogItem Segment(long number, ReadOnlyMemory<byte> data) => new(number, data, data.Length, 0, 0);

    public static LogItem InParts(long number, int bytes, int parts) => new(number, null, bytes, parts, 0);

    public static LogItem Seal(long number, long epoch) => new(number, null, 0, 0, epoch);

    public static LogItem Aside(long number) => new(number, null, 0, 0, IsAside);
}
