using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Orleans.Kpl.Testing;

/// <summary>
/// A member of an aggregate, as the tests read it: from the description of the format and without the product's code, so that the two judge each other.
/// </summary>
internal readonly record struct StoredMember(string Key, string? ExplicitHashKey, byte[] Data)
{
    private const int Magic = 4;

    /// <summary>Where it belongs.</summary>
    public UInt128 HashKey => ExplicitHashKey is null ? HashOf(Key) : UInt128.Parse(ExplicitHashKey, CultureInfo.InvariantCulture);

    /// <summary>Where a partition key belongs.</summary>
    public static UInt128 HashOf(string key) => BinaryPrimitives.ReadUInt128BigEndian(MD5.HashData(Encoding.UTF8.GetBytes(key)));

    /// <summary>Whether the bytes begin as an aggregate does, and are long enough for one.</summary>
    public static bool IsAggregate(ReadOnlySpan<byte> data) =>
        data.Length > Magic + MD5.HashSizeInBytes && data[..Magic].SequenceEqual<byte>([0xf3, 0x89, 0x9a, 0xc2]);

    /// <summary>The members of an aggregate; null where the bytes are none, or the digest is wrong.</summary>
    /// <exception cref="InvalidDataException">The message between magic and digest cannot be read.</exception>
    public static List<StoredMember>? Read(ReadOnlySpan<byte> data)
    {
        if (!IsAggregate(data))
            return null;
        var rest = data[Magic..^MD5.HashSizeInBytes];
        if (!MD5.HashData(rest).AsSpan().SequenceEqual(data[^MD5.HashSizeInBytes..]))
            return null;
        List<string> keys = [], hashKeys = [];
        var members = new List<(int Key, int HashKey, byte[] Data)>();
        while (!rest.IsEmpty)
        {
            var field = Next(ref rest, out _, out var value);
            if (field == 1)
                keys.Add(Encoding.UTF8.GetString(value));
            else if (field == 2)
                hashKeys.Add(Encoding.UTF8.GetString(value));
            else if (field == 3)
                members.Add(ReadMember(value));
            else
                throw new InvalidDataException($"field {field} of an aggregate");
        }

        if (members.Exists(m => m.Key >= keys.Count || m.HashKey >= hashKeys.Count))
            throw new InvalidDataException("a member names a key that is not there");
        return members.ConvertAll(m => new StoredMember(keys[m.Key], m.HashKey < 0 ? null : hashKeys[m.HashKey], m.Data));
    }

    private static (int Key, int HashKey, byte[] Data) ReadMember(ReadOnlySpan<byte> rest)
    {
        var (key, hashKey, data) = (-1, -1, (byte[]?)null);
        while (!rest.IsEmpty)
        {
            var field = Next(ref rest, out var number, out var value);
            if (field == 1)
                key = (int)number;
            else if (field == 2)
                hashKey = (int)number;
            else if (field == 3)
                data = value.ToArray();
        }

        return key < 0 || data is null ? throw new InvalidDataException("a member has no key or no data") : (key, hashKey, data);
    }

    /// <summary>The next field: its number in the message, and its value, which is a number or bytes.</summary>
    private static int Next(ref ReadOnlySpan<byte> rest, out ulong number, out ReadOnlySpan<byte> value)
    {
        var tag = Varint(ref rest);
        number = Varint(ref rest);
        value = default;
        if ((tag & 7) == 0)
            return (int)(tag >> 3);
        if ((tag & 7) != 2 || number > (ulong)rest.Length)
            throw new InvalidDataException("an aggregate cannot be read");
        value = rest[..(int)number];
        rest = rest[(int)number..];
        return (int)(tag >> 3);
    }

    private static ulong Varint(ref ReadOnlySpan<byte> rest)
    {
        var value = 0UL;
        for (var shift = 0; shift < 70 && !rest.IsEmpty; shift += 7)
        {
            var part = rest[0];
            rest = rest[1..];
            value |= (ulong)(part & 0x7f) << shift;
            if (part < 0x80)
                return value;
        }

        throw new InvalidDataException("a number of an aggregate has no end");
    }
}
