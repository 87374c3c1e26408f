using System.Security.Cryptography;
using System.Text;
using Orleans.Kpl.LocalKinesis;

namespace Orleans.Kpl.Producer.Tests.Faults;

/// <summary>
/// What KCL makes of a stream, from the stored bytes alone: an aggregate with one member outside its shard's range is dropped whole,
/// plain records are never filtered (KCL <c>AggregatorUtil.java</c>, deaggregate). The decoder is not the product's.
/// </summary>
internal static class ConsumerView
{
    private static readonly byte[] Magic = [0xF3, 0x89, 0x9A, 0xC2];

    /// <summary>A member of an aggregate with the hash key that KCL compares.</summary>
    internal readonly record struct Member(string Key, UInt128 HashKey, byte[] Data);

    public static List<SeenRecord> Of(KinesisEndpoint kinesis, string stream)
    {
        var shards = kinesis.Get(stream).Shards.ToDictionary(s => s.ShardId);
        return [.. kinesis.GetApplied(stream).SelectMany(r => Of(r, shards[r.ShardId].StartingHashKey, shards[r.ShardId].EndingHashKey))];
    }

    public static IEnumerable<SeenRecord> Of(AppliedRecord record, UInt128 rangeStart, UInt128 rangeEnd)
    {
        if (Members(record.Data) is not { } members)
            return [Seen(0, record.PartitionKey, record.Data, visible: true, record.HashKey)];
        var all = members.All(m => InRange(m.HashKey));
        return members.Select((m, i) => Seen(i, m.Key, m.Data, all, m.HashKey));

        bool InRange(UInt128 hash) => hash >= rangeStart && hash <= rangeEnd;

        SeenRecord Seen(int index, string key, byte[] data, bool visible, UInt128 hash) => new(
            record.ShardId, record.SequenceNumber, index, key, Encoding.UTF8.GetString(data), visible, InRange(hash), record.Marks, record.ArrivedAt);
    }

    /// <summary>The members of an aggregate; null where the bytes are none.</summary>
    public static List<Member>? Members(ReadOnlySpan<byte> payload)
    {
        if (payload.Length < Magic.Length + MD5.HashSizeInBytes || !payload.StartsWith(Magic))
            return null;
        var message = payload[Magic.Length..^MD5.HashSizeInBytes];
        if (!MD5.HashData(message).AsSpan().SequenceEqual(payload[^MD5.HashSizeInBytes..]))
            return null;

        List<string> keys = [], hashKeys = [];
        var members = new List<(int Key, int? HashKey, byte[] Data)>();
        for (var rest = message; !rest.IsEmpty;)
        {
            var field = Field(ref rest, out var value, out _);
            if (field == 1)
                keys.Add(Encoding.UTF8.GetString(value));
            else if (field == 2)
                hashKeys.Add(Encoding.UTF8.GetString(value));
            else if (field == 3)
                members.Add(Record(value));
        }

        return [.. members.Select(m => new Member(
            keys[m.Key], m.HashKey is { } index ? UInt128.Parse(hashKeys[index]) : HashOf(keys[m.Key]), m.Data))];
    }

    public static UInt128 HashOf(string key)
    {
        var digest = MD5.HashData(Encoding.UTF8.GetBytes(key));
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(digest);
    }

    private static (int Key, int? HashKey, byte[] Data) Record(ReadOnlySpan<byte> rest)
    {
        int key = 0;
        int? hashKey = null;
        byte[] data = [];
        while (!rest.IsEmpty)
        {
            switch (Field(ref rest, out var value, out var number))
            {
                case 1: key = (int)number; break;
                case 2: hashKey = (int)number; break;
                case 3: data = value.ToArray(); break;
            }
        }

        return (key, hashKey, data);
    }

    private static int Field(ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> value, out ulong number)
    {
        var tag = Varint(ref rest);
        number = Varint(ref rest);
        value = default;
        if ((tag & 7) == 2)
        {
            value = rest[..(int)number];
            rest = rest[(int)number..];
        }
        else if ((tag & 7) != 0)
        {
            throw new InvalidDataException($"wire type {tag & 7} is not in messages of aggregates");
        }

        return (int)(tag >> 3);
    }

    private static ulong Varint(ref ReadOnlySpan<byte> rest)
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var b = rest[0];
            rest = rest[1..];
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80)
                return value;
        }
    }
}
