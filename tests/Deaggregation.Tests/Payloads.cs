using System.Security.Cryptography;
using System.Text;

namespace Orleans.Kpl.Deaggregation.Tests;

/// <summary>Aggregates for the tests: KPL's own, and random ones by a writer of the test's own.</summary>
internal static class Payloads
{
    public const string V1 = "68656c6c6f20776f726c64";
    public const string V2 = "78";
    public const string V3 = "f3899ac20a01610a01621a0908001a0568656c6c6f1a0908011a05776f726c647cf45228cd79941b056e6743990bf8ab";

    public const string V4 = "f3899ac20a01610a01620a01631203313233122733343032383233363639323039333834363334363333373436303734333137363832"
        + "31313435351a0508001a01311a08080110001a0232321a06080010001a001a09080210011a03333333268138c923d6c10d5b30a26ce0758475";

    public const string V5 = "f3899ac20a01610a016212033132331a0508001a01311a08080110001a023232221e9b155d5ad76440cfff28102000e5";

    /// <summary>300 records: <c>key-I</c> with 130 times the letter of their number.</summary>
    public static byte[] V6() => Frame(Message(
        [.. Enumerable.Range(0, 300).Select(i => ($"key-{i}", (string?)null, Encoding.ASCII.GetBytes(new string((char)('a' + i % 26), 130))))]));

    public static byte[] Random(Random random)
    {
        var records = new (string, string?, byte[])[random.Next(2, 20)];
        for (var i = 0; i < records.Length; i++)
        {
            var data = new byte[random.Next(0, 60)];
            random.NextBytes(data);
            var hashKey = random.Next(4) == 0 ? ((UInt128)random.NextInt64() << random.Next(66)).ToString() : null;
            records[i] = ($"k{random.Next(6)}", hashKey, data);
        }

        return Frame(Message(records));
    }

    public static byte[] Frame(byte[] message) => [0xf3, 0x89, 0x9a, 0xc2, .. message, .. MD5.HashData(message)];

    public static byte[] Message(IReadOnlyList<(string Key, string? HashKey, byte[] Data)> records)
    {
        using var message = new MemoryStream();
        var keys = records.Select(static r => r.Key).Distinct().ToList();
        var hashKeys = records.Where(static r => r.HashKey is not null).Select(static r => r.HashKey!).Distinct().ToList();
        foreach (var key in keys)
            Write(message, 0x0a, Encoding.UTF8.GetBytes(key));
        foreach (var hashKey in hashKeys)
            Write(message, 0x12, Encoding.UTF8.GetBytes(hashKey));
        foreach (var (key, hashKey, data) in records)
        {
            using var record = new MemoryStream();
            record.WriteByte(0x08);
            Varint(record, keys.IndexOf(key));
            if (hashKey is not null)
            {
                record.WriteByte(0x10);
                Varint(record, hashKeys.IndexOf(hashKey));
            }

            Write(record, 0x1a, data);
            Write(message, 0x1a, record.ToArray());
        }

        return message.ToArray();
    }

    private static void Write(MemoryStream target, byte tag, byte[] value)
    {
        target.WriteByte(tag);
        Varint(target, value.Length);
        target.Write(value);
    }

    private static void Varint(MemoryStream target, int value)
    {
        for (; value >= 0x80; value >>= 7)
            target.WriteByte((byte)(value | 0x80));
        target.WriteByte((byte)value);
    }
}
