using System.Buffers.Binary;
using Orleans.Kpl.Pipeline.Backlog.Segments;

namespace Orleans.Kpl.Adapters.Files;

/// <summary>
/// The file that holds a log's state: <c>format 1, 8 bytes: the next number, the state, 4 bytes of CRC-32C over all before</c>, little endian. The
/// next number is above all segments that the state mentions. So a state that a loss of power restores never refers to segments that were written
/// later.
/// </summary>
/// <param name="NextNumber">The lowest number that was free.</param>
/// <param name="State">The state that the log's owner saved.</param>
internal readonly record struct FileProgress(long NextNumber, byte[] State)
{
    private const byte Format = 1;
    private const int HeadBytes = 1 + sizeof(long);

    /// <summary>The progress where the file is missing or damaged: segments that were done are then replayed, and nothing is lost.</summary>
    public static readonly FileProgress None = new(1, []);

    public static FileProgress Read(byte[]? file)
    {
        if (file is null || file.Length < HeadBytes + sizeof(uint) || file[0] != Format)
            return None;
        var end = file.Length - sizeof(uint);
        if (Crc32C.Of(file.AsSpan(0, end)) != BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(end)))
            return None;
        return new FileProgress(Math.Max(1, BinaryPrimitives.ReadInt64LittleEndian(file.AsSpan(1))), file[HeadBytes..end]);
    }

    public byte[] ToFile()
    {
        var file = new byte[HeadBytes + State.Length + sizeof(uint)];
        file[0] = Format;
        BinaryPrimitives.WriteInt64LittleEndian(file.AsSpan(1), NextNumber);
        State.CopyTo(file.AsSpan(HeadBytes));
        var end = HeadBytes + State.Length;
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(end), Crc32C.Of(file.AsSpan(0, end)));
        return file;
    }
}
