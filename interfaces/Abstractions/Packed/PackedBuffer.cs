using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;

namespace Orleans.Kpl.Packed;

/// <summary>A growing buffer of bytes. Empty at first, it grows by doubling and is kept for the next message.</summary>
internal struct PackedBuffer()
{
    /// <summary>The bytes of the longest varint: 64 bits, 7 per byte.</summary>
    private const int MaxVarintBytes = 10;

    /// <summary>Above this length the bytes of a text are counted before space is reserved, instead of assuming three per character.</summary>
    private const int LongText = 1_024;

    private const int LeastRoom = 64;

    /// <summary>The default limit of kept memory, in bytes: one giant message must not occupy memory forever.</summary>
    public const int MostRoomKept = 128 << 10;

    private byte[] _bytes = [];

    /// <summary>Bytes written.</summary>
    public int Length { get; private set; }

    public readonly ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    public static int SizeOfVarint(ulong value) => (70 - System.Numerics.BitOperations.LeadingZeroCount(value | 1)) / 7;

    public void Write(byte value)
    {
        Reserve(1)[0] = value;
        Length++;
    }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Reserve(bytes.Length));
        Length += bytes.Length;
    }

    public void WriteInt64(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(Reserve(sizeof(long)), value);
        Length += sizeof(long);
    }

    /// <summary>Writes zeros.</summary>
    public void WriteZeros(int count)
    {
        Reserve(count)[..count].Clear();
        Length += count;
    }

    public void WriteInt32(int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(Reserve(sizeof(int)), value);
        Length += sizeof(int);
    }

    public void WriteUInt128BigEndian(UInt128 value)
    {
        BinaryPrimitives.WriteUInt128BigEndian(Reserve(16), value);
        Length += 16;
    }

    /// <summary>Writes a number as LEB128: seven bits per byte, the lowest first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteVarint(ulong value)
    {
        var (bytes, end) = (_bytes, Length);
        if (value >= 0x4000 || (uint)(end + 1) >= (uint)bytes.Length)
        {
            WriteLongVarint(value);
            return;
        }

        if (value >= 0x80)
        {
            bytes[end++] = (byte)(value | 0x80);
            value >>= 7;
        }

        bytes[end] = (byte)value;
        Length = end + 1;
    }

    /// <summary>Writes a number that may be negative; small numbers of both signs take few bytes.</summary>
    public void WriteSignedVarint(long value) => WriteVarint((ulong)((value << 1) ^ (value >> 63)));

    /// <summary>Writes a text as UTF-8 without its length; half a surrogate pair becomes U+FFFD.</summary>
    /// <returns>The number of bytes written.</returns>
    public int WriteUtf8(string text)
    {
        var most = text.Length <= LongText ? text.Length * 3 : Encoding.UTF8.GetByteCount(text);
        var written = Encoding.UTF8.GetBytes(text, Reserve(most));
        Length += written;
        return written;
    }

    /// <summary>Writes a text as UTF-8 after its length + 1; 0 for null.</summary>
    public void WriteText(string? text)
    {
        if (text is null)
        {
            Write(0);
            return;
        }

        WriteVarint((ulong)Encoding.UTF8.GetByteCount(text) + 1);
        WriteUtf8(text);
    }

    /// <summary>Discards everything after the given length.</summary>
    public void Truncate(int length) => Length = length;

    /// <summary>Discards everything, and releases the memory if it has grown above the given number of bytes.</summary>
    public void Clear(int mostKept = MostRoomKept)
    {
        Length = 0;
        if (_bytes.Length > mostKept)
            _bytes = [];
    }

    private void WriteLongVarint(ulong value)
    {
        var space = Reserve(MaxVarintBytes);
        var used = 0;
        while (value >= 0x80)
        {
            space[used++] = (byte)(value | 0x80);
            value >>= 7;
        }

        space[used++] = (byte)value;
        Length += used;
    }

    /// <summary>Makes room for so many bytes more.</summary>
    /// <returns>The room.</returns>
    public Span<byte> Reserve(int bytes)
    {
        if (_bytes.Length - Length < bytes)
            Array.Resize(ref _bytes, Math.Max(checked(Length + bytes), (int)Math.Clamp(_bytes.Length * 2L, LeastRoom, Array.MaxLength)));
        return _bytes.AsSpan(Length);
    }
}
