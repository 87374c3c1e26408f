using System.Buffers.Binary;
using System.Text;

namespace Orleans.Kpl.Aws.Wire.Cbor;

/// <summary>Writes the head of a CBOR item: its major type and its definite length or count, in the fewest bytes (RFC 8949, section 3).</summary>
internal static class CborHead
{
    public const int ByteString = 2, TextString = 3, Array = 4, Map = 5, Tag = 6;

    /// <summary>The most bytes that <see cref="Write"/> writes.</summary>
    public const int Longest = 5;

    /// <summary>Writes the head of an item and returns the number of bytes written.</summary>
    public static int Write(int majorType, int length, Span<byte> destination)
    {
        var type = (byte)(majorType << 5);
        switch (length)
        {
            case < 24:
                destination[0] = (byte)(type | length);
                return 1;
            case <= byte.MaxValue:
                destination[0] = (byte)(type | 24);
                destination[1] = (byte)length;
                return 2;
            case <= ushort.MaxValue:
                destination[0] = (byte)(type | 25);
                BinaryPrimitives.WriteUInt16BigEndian(destination[1..], (ushort)length);
                return 3;
            default:
                destination[0] = (byte)(type | 26);
                BinaryPrimitives.WriteInt32BigEndian(destination[1..], length);
                return 5;
        }
    }

    /// <summary>Writes a text string and returns the number of bytes written.</summary>
    public static int WriteText(ReadOnlySpan<byte> utf8, Span<byte> destination)
    {
        var head = Write(TextString, utf8.Length, destination);
        utf8.CopyTo(destination[head..]);
        return head + utf8.Length;
    }

    /// <summary>Writes a member with its value, once for use in every request.</summary>
    public static byte[] Member(string name, string value)
    {
        var member = new byte[(2 * Longest) + Encoding.UTF8.GetByteCount(name) + Encoding.UTF8.GetByteCount(value)];
        var written = WriteText(Encoding.UTF8.GetBytes(name), member);
        written += WriteText(Encoding.UTF8.GetBytes(value), member.AsSpan(written));
        return member[..written];
    }
}
