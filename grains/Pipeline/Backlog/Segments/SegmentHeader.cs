using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Backlog.Storing;

namespace Orleans.Kpl.Pipeline.Backlog.Segments;

/// <summary>
/// The header before the body of a segment: <c>format 1, flags (bit 0: the body is Brotli; bit 1: each record is a Kinesis record of its own), kind,
/// varint count, varint plain bytes, 8 bytes of unix milliseconds, 4 bytes of body length</c>. After the body follow 4 bytes of CRC-32C over all before.
/// Integers are little endian, varints LEB128.
/// </summary>
/// <param name="Kind">What the body holds.</param>
/// <param name="Count">The number of records or dead letters; never 0.</param>
/// <param name="PlainBytes">Bytes of the body when it is not compressed.</param>
/// <param name="OldestAt">When the oldest record was accepted, in unix milliseconds; <see cref="long.MaxValue"/> where what was read is no such time.</param>
/// <param name="IsCompressed">Whether the body is Brotli.</param>
/// <param name="BodyBytes">Bytes of the body as stored.</param>
internal readonly record struct SegmentHeader(SegmentLogKind Kind, int Count, int PlainBytes, long OldestAt, bool IsCompressed, int BodyBytes)
{
    /// <summary>Whether each record is a Kinesis record of its own. A version that does not know such records refuses the segment.</summary>
    public bool IsAlone { get; init; }

    public const byte Format = 1;

    /// <summary>The maximum size of header and checksum, in bytes.</summary>
    public const int MostOverhead = 3 + 5 + 5 + TailBytes + CrcBytes;

    /// <summary>Bytes of the checksum at the end.</summary>
    public const int CrcBytes = sizeof(uint);

    /// <summary>The maximum size of a body. A segment that claims a larger one is damaged.</summary>
    public const int MostPlainBytes = 64 << 20;

    /// <summary>How many of the first bytes are enough for <see cref="EntryOf"/>.</summary>
    public const int HeadBytes = MostOverhead - CrcBytes;

    private const byte Brotli = 1;
    private const byte Alone = 2;
    private const int TailBytes = sizeof(long) + sizeof(int);
    private static readonly long LatestAt = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    /// <summary>Gets the size of the header in bytes.</summary>
    public int Bytes => 3 + PackedBuffer.SizeOfVarint((uint)Count) + PackedBuffer.SizeOfVarint((uint)PlainBytes) + TailBytes;

    /// <summary>Reads the header of a segment whose checksum is right.</summary>
    /// <exception cref="SegmentDamagedException">The bytes are not what was written.</exception>
    /// <exception cref="SegmentVersionException">A later version wrote them.</exception>
    public static SegmentHeader Read(ReadOnlySpan<byte> segment)
    {
        CheckSum(segment);
        try
        {
            return ReadHead(segment[..^CrcBytes], segment.Length);
        }
        catch (PackedFormatException e)
        {
            throw new SegmentDamagedException($"the header of the segment is damaged: {e.Message}", e);
        }
    }

    /// <summary>
    /// Makes the entry of a segment from its first bytes, which are enough to count what waits. It has no count where they are no header of this format, or
    /// of a segment of another length. Whoever reads the whole segment checks all of it.
    /// </summary>
    /// <param name="bytes">Its length in bytes.</param>
    /// <param name="head">At least its first <see cref="HeadBytes"/>, or all of it where it is shorter.</param>
    public static SegmentEntry EntryOf(long number, int bytes, ReadOnlySpan<byte> head)
    {
        var unknown = new SegmentEntry(number, bytes);
        if (head.Length < 3 || head[0] != Format)
            return unknown;
        try
        {
            var header = ReadHead(head, bytes);
            return unknown with { Count = header.Count, OldestAt = header.OldestAt };
        }
        catch (FormatException)
        {
            return unknown;
        }
    }

    /// <summary>Writes the header.</summary>
    /// <param name="memory">At least <see cref="Bytes"/>.</param>
    public void Write(Span<byte> memory)
    {
        memory[0] = Format;
        memory[1] = (byte)((IsCompressed ? Brotli : 0) | (IsAlone ? Alone : 0));
        memory[2] = (byte)(Kind + 1);
        var used = 3;
        used += WriteVarint(memory[used..], (uint)Count);
        used += WriteVarint(memory[used..], (uint)PlainBytes);
        BinaryPrimitives.WriteInt64LittleEndian(memory[used..], OldestAt);
        BinaryPrimitives.WriteInt32LittleEndian(memory[(used + sizeof(long))..], BodyBytes);
    }

    /// <param name="head">The first bytes of a segment of this format, the whole header among them.</param>
    private static SegmentHeader ReadHead(ReadOnlySpan<byte> head, int bytes)
    {
        var (flags, kind) = (head[1], head[2]);
        if (flags > (Brotli | Alone) || kind is not (1 or 2))
            throw new SegmentVersionException($"the segment has flags {flags} and kind {kind}, which a later version wrote");
        var reader = new PackedReader(head, 3);
        var count = reader.ReadVarint();
        var plain = reader.ReadVarint();
        var oldest = reader.ReadInt64();
        // An entry is made before anything checks the checksum, and ages are computed from it.
        if (oldest < 0 || oldest > LatestAt)
            oldest = long.MaxValue;
        var body = BinaryPrimitives.ReadInt32LittleEndian(reader.Read(sizeof(int)));
        var left = bytes - CrcBytes - reader.Position;
        if (body < 0 || body != left)
            throw new SegmentDamagedException($"the segment's body has {left} bytes, not {body}");
        if (count is 0 or > int.MaxValue || plain > MostPlainBytes || count > plain || ((flags & Brotli) == 0 && plain != (ulong)body))
            throw new SegmentDamagedException($"a segment cannot have {count} records in {plain} bytes, {body} of them written");
        return new SegmentHeader((SegmentLogKind)(kind - 1), (int)count, (int)plain, oldest, (flags & Brotli) != 0, body) { IsAlone = (flags & Alone) != 0 };
    }

    /// <summary>
    /// Checks the checksum. A format that is not known here may end in another way. But if the checksum would be right with another first byte, that
    /// byte was changed.
    /// </summary>
    private static void CheckSum(ReadOnlySpan<byte> segment)
    {
        if (segment.Length < 3 + 2 + TailBytes + CrcBytes)
            throw new SegmentDamagedException($"a segment has more than {segment.Length} bytes");
        var stated = BinaryPrimitives.ReadUInt32LittleEndian(segment[^CrcBytes..]);
        if (segment[0] == Format)
        {
            if (Crc32C.Of(segment[..^CrcBytes]) != stated)
                throw new SegmentDamagedException("the checksum of the segment is wrong");
            return;
        }

        var mended = segment[..^CrcBytes].ToArray();
        mended[0] = Format;
        if (segment[0] == 0 || Crc32C.Of(mended) == stated)
            throw new SegmentDamagedException($"the segment begins with {segment[0]}, which is no format");
        throw new SegmentVersionException($"the segment has format {segment[0]}, of a later version; format {Format} is known here");
    }

    private static int WriteVarint(Span<byte> memory, uint value)
    {
        var used = 0;
        for (; value >= 0x80; value >>= 7)
            memory[used++] = (byte)(value | 0x80);
        memory[used++] = (byte)value;
        return used;
    }
}

/// <summary>A segment cannot be read here.</summary>
internal abstract class SegmentFormatException(string message, Exception? inner = null) : FormatException(message, inner);

/// <summary>The bytes are not what was written: cut off, changed, or never a segment.</summary>
internal sealed class SegmentDamagedException(string message, Exception? inner = null) : SegmentFormatException(message, inner);

/// <summary>The segment is whole, but a later version than this one wrote it; that version can read it.</summary>
internal sealed class SegmentVersionException(string message, Exception? inner = null) : SegmentFormatException(message, inner);

/// <summary>
/// CRC-32C (Castagnoli) as iSCSI and others compute it: begun with all ones and inverted at the end. One instruction for 8 bytes where the machine
/// has it.
/// </summary>
internal static class Crc32C
{
    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        ref var at = ref MemoryMarshal.GetReference(bytes);
        var left = bytes.Length;
        for (; left >= sizeof(ulong); left -= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, BitConverter.IsLittleEndian ? Unsafe.ReadUnaligned<ulong>(ref at) : Swapped(ref at));
            at = ref Unsafe.Add(ref at, sizeof(ulong));
        }

        foreach (var last in bytes[^left..])
            crc = BitOperations.Crc32C(crc, last);
        return ~crc;
    }

    private static ulong Swapped(ref byte at) => System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(Unsafe.ReadUnaligned<ulong>(ref at));
}
