using System.Text;

namespace Orleans.Kpl.Interop.Tests;

/// <summary>Records of many kinds, whose data is JSON so that every way in takes them.</summary>
internal static class SampleRecords
{
    public static IReadOnlyList<Line> Make(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count)
            .Select(i => new Line(Key(i, random), Convert.ToBase64String(Encoding.UTF8.GetBytes(Payload(i, random))), HashKey(i, random)))];
    }

    /// <summary>What identifies a record for a reader: hash keys are routing, and not every decoder tells them.</summary>
    public static IEnumerable<string> Contents(IEnumerable<Line> records) => records.Select(r => $"{r.PartitionKey} {r.Data}").Order(StringComparer.Ordinal);

    /// <summary>The same, with the place in Kinesis where each is.</summary>
    public static IEnumerable<string> Places(IEnumerable<Line> records) =>
        records.Select(r => $"{r.ShardId} {r.SequenceNumber} {r.SubSequenceNumber} {r.PartitionKey} {r.Data}").Order(StringComparer.Ordinal);

    private static string Key(int i, Random random) => (i % 4) switch
    {
        0 => $"user-{i % 10}",
        1 => new Guid(Bytes(random, 16)).ToString(),
        2 => $"schlüssel-键-{i}",
        _ => new string('k', 1 + random.Next(256)),
    };

    private static string? HashKey(int i, Random random) => (i % 7) switch
    {
        0 => "0",
        1 => UInt128.MaxValue.ToString(),
        2 => ((UInt128)random.NextInt64() << 64).ToString(),
        _ => null,
    };

    private static string Payload(int i, Random random) => (i % 50) switch
    {
        // Larger than an aggregate: travels alone.
        0 => $"\"{new string('x', 60_000)}\"",
        1 => "null",
        _ => $$"""{"n":{{i}},"text":"{{Convert.ToHexString(Bytes(random, random.Next(200)))}}"}""",
    };

    private static byte[] Bytes(Random random, int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }
}
