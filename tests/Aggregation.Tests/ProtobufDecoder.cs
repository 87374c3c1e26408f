using System.Globalization;
using System.Security.Cryptography;
using Google.Protobuf;

namespace Orleans.Kpl.Aggregation.Tests;

using WireFormat = Google.Protobuf.WireFormat;

/// <summary>A second decoder, on Google's own protobuf reader, that shares no code with ours.</summary>
internal static class ProtobufDecoder
{
    public static List<TestRecord> Decode(byte[] payload)
    {
        Assert.Equal([0xf3, 0x89, 0x9a, 0xc2], payload[..4]);
        var message = payload[4..^16];
        Assert.Equal(MD5.HashData(message), payload[^16..]);

        var partitionKeys = new List<string>();
        var hashKeys = new List<string>();
        var records = new List<(int Key, int? HashKey, byte[] Data)>();
        var input = new CodedInputStream(message);
        while (input.ReadTag() is var tag && tag != 0)
        {
            switch (WireFormat.GetTagFieldNumber(tag))
            {
                case 1:
                    partitionKeys.Add(input.ReadString());
                    break;
                case 2:
                    hashKeys.Add(input.ReadString());
                    break;
                case 3:
                    records.Add(DecodeRecord(input.ReadBytes().ToByteArray()));
                    break;
                default:
                    input.SkipLastField();
                    break;
            }
        }
        return records.ConvertAll(record => new TestRecord(
            partitionKeys[record.Key],
            record.HashKey is { } hashKey ? UInt128.Parse(hashKeys[hashKey], CultureInfo.InvariantCulture) : null,
            record.Data));
    }

    /// <summary>The tags of an aggregate's own fields, in their order.</summary>
    public static List<uint> Tags(byte[] payload)
    {
        var tags = new List<uint>();
        var input = new CodedInputStream(payload[4..^16]);
        while (input.ReadTag() is var tag && tag != 0)
        {
            tags.Add(tag);
            input.SkipLastField();
        }
        return tags;
    }

    private static (int, int?, byte[]) DecodeRecord(byte[] bytes)
    {
        int? key = null;
        int? hashKey = null;
        byte[]? data = null;
        var input = new CodedInputStream(bytes);
        while (input.ReadTag() is var tag && tag != 0)
        {
            switch (WireFormat.GetTagFieldNumber(tag))
            {
                case 1:
                    key = (int)input.ReadUInt64();
                    break;
                case 2:
                    hashKey = (int)input.ReadUInt64();
                    break;
                case 3:
                    data = input.ReadBytes().ToByteArray();
                    break;
                default:
                    input.SkipLastField();
                    break;
            }
        }
        Assert.NotNull(key);
        Assert.NotNull(data);
        return (key.Value, hashKey, data);
    }
}
