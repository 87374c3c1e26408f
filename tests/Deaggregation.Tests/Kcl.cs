using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;

namespace Orleans.Kpl.Deaggregation.Tests;

/// <summary>
/// What KCL does with a Kinesis record, as a judge: written from KCL's description (AggregatorUtil.deaggregate) and from the format, with numbers as
/// text and without the product's code. Where a member names a key that is not there it judges as the product; KCL gives those before it.
/// </summary>
internal static class Kcl
{
    public static List<KclRecord> Deaggregate(byte[] data, string partitionKey, BigInteger? starting = null, BigInteger? ending = null)
    {
        var plain = new KclRecord(partitionKey, null, Convert.ToHexString(data), 0);
        if (data.Length < 4 || !data.AsSpan(0, 4).SequenceEqual<byte>([0xf3, 0x89, 0x9a, 0xc2]) || data.Length - 4 <= 16)
            return [plain];
        var message = data[4..^16];
        if (!MD5.HashData(message).AsSpan().SequenceEqual(data.AsSpan(data.Length - 16)))
            return [plain];
        try
        {
            return Members(message, starting ?? 0, ending ?? (BigInteger.One << 128) - 1);
        }
        catch (InvalidDataException)
        {
            return [plain];
        }
    }

    private static List<KclRecord> Members(byte[] message, BigInteger starting, BigInteger ending)
    {
        List<string> keys = [], hashKeys = [];
        List<byte[]> records = [];
        foreach (var (field, _, value) in Fields(message))
        {
            if (field == 1)
                keys.Add(Encoding.UTF8.GetString(value));
            else if (field == 2)
                hashKeys.Add(Encoding.UTF8.GetString(value));
            else if (field == 3)
                records.Add(value);
        }

        var members = new List<KclRecord>();
        foreach (var record in records)
        {
            (string Key, string? HashKey, byte[] Data) = Member(record, keys, hashKeys);
            var hash = HashKey is null
                ? new BigInteger(MD5.HashData(Encoding.UTF8.GetBytes(Key)), isUnsigned: true, isBigEndian: true)
                : BigInteger.Parse(HashKey, CultureInfo.InvariantCulture);
            // The first member outside takes back all that came before it, and ends the record.
            if (hash < starting || hash > ending)
                return [];
            members.Add(new KclRecord(Key, HashKey, Convert.ToHexString(Data), members.Count));
        }

        return members;
    }

    private static (string Key, string? HashKey, byte[] Data) Member(byte[] record, List<string> keys, List<string> hashKeys)
    {
        var (key, hashKey, data) = (-1, -1, (byte[]?)null);
        foreach (var (field, number, value) in Fields(record))
        {
            if (field == 1)
                key = (int)number;
            else if (field == 2)
                hashKey = (int)number;
            else if (field == 3)
                data = value;
        }

        if (key < 0 || key >= keys.Count || hashKey >= hashKeys.Count || data is null)
            throw new InvalidDataException();
        return (keys[key], hashKey < 0 ? null : hashKeys[hashKey], data);
    }

    private static IEnumerable<(int Field, ulong Number, byte[] Value)> Fields(byte[] source)
    {
        for (var at = 0; at < source.Length;)
        {
            var tag = Varint(source, ref at);
            if ((tag & 7) == 0)
            {
                yield return ((int)(tag >> 3), Varint(source, ref at), []);
                continue;
            }

            var length = (tag & 7) == 2 ? Varint(source, ref at) : throw new InvalidDataException();
            if (length > (ulong)(source.Length - at))
                throw new InvalidDataException();
            yield return ((int)(tag >> 3), 0, source[at..(at + (int)length)]);
            at += (int)length;
        }
    }

    private static ulong Varint(byte[] source, ref int at)
    {
        var value = 0UL;
        for (var shift = 0; shift < 70; shift += 7)
        {
            if (at >= source.Length)
                throw new InvalidDataException();
            var part = source[at++];
            value |= (ulong)(part & 0x7f) << shift;
            if (part < 0x80)
                return value;
        }

        throw new InvalidDataException();
    }
}

/// <summary>A user record as KCL gives it.</summary>
internal sealed record KclRecord(string PartitionKey, string? ExplicitHashKey, string Data, long SubSequenceNumber)
{
    public static KclRecord Of(in DeaggregatedRecord record) => new(
        record.PartitionKey, record.ExplicitHashKey?.ToString(CultureInfo.InvariantCulture), Convert.ToHexString(record.Data.Span), record.SubSequenceNumber);
}
