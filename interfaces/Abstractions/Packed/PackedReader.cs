using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Unicode;

namespace Orleans.Kpl.Packed;

/// <summary>Reads packed bytes in order. For any input, it never reads outside the bytes and throws only <see cref="PackedFormatException"/>.</summary>
internal ref struct PackedReader(ReadOnlySpan<byte> bytes, int position = 0)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    public int Position { get; private set; } = position;

    public readonly int Left => _bytes.Length - Position;

    public byte ReadByte()
    {
        if (Left == 0)
            throw Truncated();
        return _bytes[Position++];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong ReadVarint()
    {
        var position = Position;
        if ((uint)position < (uint)_bytes.Length && _bytes[position] < 0x80)
        {
            Position = position + 1;
            return _bytes[position];
        }

        // Sizes from 32 bytes on take two.
        if ((uint)(position + 1) >= (uint)_bytes.Length || _bytes[position + 1] >= 0x80)
            return ReadLongVarint();
        Position = position + 2;
        return _bytes[position] & 0x7FU | (uint)_bytes[position + 1] << 7;
    }

    public long ReadSignedVarint()
    {
        var value = ReadVarint();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    /// <summary>
    /// Reads a count of following items, each with a minimum size. It rejects counts that the remaining bytes cannot hold, before memory is allocated.
    /// </summary>
    public int ReadCount(int leastBytesEach)
    {
        var count = ReadVarint();
        if (count > (ulong)(Left / leastBytesEach))
            throw Truncated();
        return (int)count;
    }

    public long ReadInt64() => BinaryPrimitives.ReadInt64LittleEndian(Read(sizeof(long)));

    public ReadOnlySpan<byte> Read(int count)
    {
        if (Left < count)
            throw Truncated();
        var read = _bytes.Slice(Position, count);
        Position += count;
        return read;
    }

    /// <summary>Reads a text written by <see cref="PackedBuffer.WriteText"/>.</summary>
    public string? ReadText()
    {
        var isNull = !TryReadUtf8(out var utf8);
        return isNull ? null : Encoding.UTF8.GetString(utf8);
    }

    /// <summary>Skips a text and checks that it is valid, without creating a string.</summary>
    public void SkipText()
    {
        if (TryReadUtf8(out var utf8) && !Utf8.IsValid(utf8))
            throw new PackedFormatException("a text is not UTF-8");
    }

    public static PackedFormatException Truncated() => new("the packed message ends too early");

    private bool TryReadUtf8(out ReadOnlySpan<byte> utf8)
    {
        var size = ReadVarint();
        utf8 = default;
        if (size == 0)
            return false;
        if (size - 1 > (ulong)Left)
            throw Truncated();
        utf8 = Read((int)(size - 1));
        return true;
    }

    private ulong ReadLongVarint()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = ReadByte();
            if (shift == 63 && next > 1)
                break;
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                return value;
        }

        throw new PackedFormatException("a number has more than 64 bits");
    }
}

/// <summary>Thrown for bytes that are not a packed message, or that are in a format unknown to this version.</summary>
internal sealed class PackedFormatException(string message) : FormatException(message);
