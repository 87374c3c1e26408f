using System.Buffers.Binary;
using System.Text;

namespace Orleans.Kpl.Packed;

/// <summary>Bytes that are written one after the other. Empty at first, grows by doubling, and is kept for the next message.</summary>
internal struct PackedBuffer()
{
    /// <summary>Of the longest varint: 64 bits, 7 a byte.</summary>
    private const int MaxVarintBytes = 10;

    /// <summary>Above this the bytes of a text are counted before room is made, instead of three for each of its characters.</summary>
    private const int LongText = 1_024;

    private const int LeastRoom = 64;

    /// <summary>More than that is not kept, where nothing else is said: one giant message must not be paid for ever after.</summary>
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

    public void WriteUInt128BigEndian(UInt128 value)
    {
        BinaryPrimitives.WriteUInt128BigEndian(Reserve(16), value);
        Length += 16;
    }

    /// <summary>LEB128: seven bits a byte, the lowest first.</summary>
    public void WriteVarint(ulong value)
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

    /// <summary>A number that may be negative, small ones of both signs in few bytes.</summary>
    public void WriteSignedVarint(long value) => WriteVarint((ulong)((value << 1) ^ (value >> 63)));

    /// <summary>A text as UTF-8 without its length; half a surrogate pair becomes U+FFFD.</summary>
    /// <returns>How many bytes it took.</returns>
    public int WriteUtf8(string text)
    {
        var most = text.Length <= LongText ? text.Length * 3 : Encoding.UTF8.GetByteCount(text);
        var written = Encoding.UTF8.GetBytes(text, Reserve(most));
        Length += written;
        return written;
    }

    /// <summary>A text as UTF-8 after its length + 1; 0 for null.</summary>
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

    /// <summary>Forgets what was written after that length.</summary>
    public void Truncate(int length) => Length = length;

    /// <summary>Forgets all, and lets go of the memory where it has grown above that many bytes.</summary>
    public void Clear(int mostKept = MostRoomKept)
    {
        Length = 0;
        if (_bytes.Length > mostKept)
            _bytes = [];
    }

    private Span<byte> Reserve(int bytes)
    {
        if (_bytes.Length - Length < bytes)
            Array.Resize(ref _bytes, Math.Max(checked(Length + bytes), (int)Math.Clamp(_bytes.Length * 2L, LeastRoom, Array.MaxLength)));
        return _bytes.AsSpan(Length);
    }
}
