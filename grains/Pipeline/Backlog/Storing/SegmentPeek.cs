using System.Buffers.Binary;
using Orleans.Kpl.Packed;

namespace Orleans.Kpl.Pipeline.Backlog.Storing;

/// <summary>
/// Reads from the first bytes of a segment of format 1 how many records it has, and how old they are. That is enough to count what waits. Whoever reads
/// the whole segment checks all of it.
/// </summary>
internal static class SegmentPeek
{
    /// <summary>The number of first bytes that are enough.</summary>
    public const int HeadBytes = 3 + 5 + 5 + sizeof(long) + sizeof(int);

    /// <summary>The highest value of the flags that is known: both of them are set.</summary>
    public const byte MostFlags = 3;

    private const byte Format = 1;
    private const int CrcBytes = sizeof(uint);

    /// <summary>Makes the entry of a segment, with no count where the bytes are no header of this format, or of a segment of another length.</summary>
    /// <param name="bytes">Its length in bytes.</param>
    /// <param name="head">At least its first <see cref="HeadBytes"/>, or all of it where it is shorter.</param>
    public static SegmentEntry EntryOf(long number, int bytes, ReadOnlySpan<byte> head)
    {
        var unknown = new SegmentEntry(number, bytes);
        if (head.Length < 3 || head[0] != Format || head[1] > MostFlags || head[2] is not (1 or 2))
            return unknown;
        try
        {
            var reader = new PackedReader(head, 3);
            var (count, plain) = (reader.ReadVarint(), reader.ReadVarint());
            var oldestAt = reader.ReadInt64();
            var body = BinaryPrimitives.ReadInt32LittleEndian(reader.Read(sizeof(int)));
            return count is > 0 and <= int.MaxValue && count <= plain && reader.Position + (long)body + CrcBytes == bytes
                ? unknown with { Count = (int)count, OldestAt = oldestAt }
                : unknown;
        }
        catch (PackedFormatException)
        {
            return unknown;
        }
    }
}
