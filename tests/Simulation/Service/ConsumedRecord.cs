using System.Security.Cryptography;
using System.Text;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Simulation.Service;

/// <summary>A user record as a consumer reads it.</summary>
/// <param name="HashKey">Where it belongs.</param>
/// <param name="Data">Its data.</param>
internal readonly record struct ConsumedRecord(UInt128 HashKey, byte[] Data)
{
    private const int Magic = 4;
    private const int Trailer = 16;
    private const int Varint = 0;
    private const int Text = 2;

    /// <summary>
    /// Takes a Kinesis record apart as KCL does. Written from the description of the format, without the product's code, so that the two judge each
    /// other.
    /// </summary>
    public static List<ConsumedRecord> Read(string partitionKey, UInt128 hashKey, ReadOnlySpan<byte> data)
    {
        if (!IsAggregate(data))
            return [new ConsumedRecord(hashKey, data.ToArray())];
        var message = data[Magic..^Trailer];
        if (!MD5.HashData(message).AsSpan().SequenceEqual(data[^Trailer..]))
            throw new InvalidDataException($"the digest of an aggregate with partition key {partitionKey} is wrong");
        return ReadMembers(message);
    }

    /// <summary>
    /// Whether a consumer sees what a shard holds. KCL drops a whole aggregate at its first member outside the shard; a record that is no aggregate
    /// is always seen.
    /// </summary>
    public static bool IsVisible(List<ConsumedRecord> members, ReadOnlySpan<byte> data, ShardRange shard) =>
        (members.Count == 1 && !IsAggregate(data)) || members.TrueForAll(m => shard.Contains(m.HashKey));

    /// <summary>Where a partition key belongs.</summary>
    public static UInt128 HashOf(string partitionKey) =>
        System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(MD5.HashData(Encoding.UTF8.GetBytes(partitionKey)));

    private static bool IsAggregate(ReadOnlySpan<byte> data) =>
        data.Length >= Magic + Trailer && data[..Magic].SequenceEqual<byte>([0xf3, 0x89, 0x9a, 0xc2]);

    private static List<ConsumedRecord> ReadMembers(ReadOnlySpan<byte> message)
    {
        var (keys, hashKeys) = (new List<string>(), new List<string>());
        var members = new List<(int Key, int? HashKey, byte[] Data)>();
        while (message.Length > 0)
        {
            var (field, _, value) = Next(ref message);
            switch (field)
            {
                case 1:
                    keys.Add(Encoding.UTF8.GetString(value));
                    break;
                case 2:
                    hashKeys.Add(Encoding.UTF8.GetString(value));
                    break;
                case 3:
                    members.Add(ReadMember(value));
                    break;
                default:
                    throw new InvalidDataException($"field {field} of an aggregate");
            }
        }

        return [.. members.Select(m => new ConsumedRecord(
            m.HashKey is { } own ? UInt128.Parse(hashKeys[own], CultureInfo.InvariantCulture) : HashOf(keys[m.Key]), m.Data))];
    }

    private static (int Key, int? HashKey, byte[] Data) ReadMember(ReadOnlySpan<byte> member)
    {
        var (key, hashKey, data) = (-1, (int?)null, (byte[]?)null);
        while (member.Length > 0)
        {
            var (field, number, value) = Next(ref member);
            switch (field)
            {
                case 1:
                    key = (int)number;
                    break;
                case 2:
                    hashKey = (int)number;
                    break;
                case 3:
                    data = value.ToArray();
                    break;
            }
        }

        return key < 0 || data is null ? throw new InvalidDataException("a member has no key or no data") : (key, hashKey, data);
    }

    private static Field Next(ref ReadOnlySpan<byte> rest)
    {
        var tag = Number(ref rest);
        var number = Number(ref rest);
        if ((int)(tag & 7) == Varint)
            return new Field((int)(tag >> 3), number, default);
        if ((int)(tag & 7) != Text || number > (ulong)rest.Length)
            throw new InvalidDataException("an aggregate cannot be read");
        var value = rest[..(int)number];
        rest = rest[(int)number..];
        return new Field((int)(tag >> 3), 0, value);
    }

    private static ulong Number(ref ReadOnlySpan<byte> rest)
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var part = rest[0];
            rest = rest[1..];
            value |= (ulong)(part & 0x7f) << shift;
            if (part < 0x80)
                return value;
        }
    }

    private readonly ref struct Field(int id, ulong number, ReadOnlySpan<byte> value)
    {
        private readonly ReadOnlySpan<byte> _value = value;

        public void Deconstruct(out int field, out ulong varint, out ReadOnlySpan<byte> content)
        {
            field = id;
            varint = number;
            content = _value;
        }
    }
}
