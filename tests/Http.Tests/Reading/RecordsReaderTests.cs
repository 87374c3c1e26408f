using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Orleans.Kpl.Http.Reading;

namespace Orleans.Kpl.Http.Tests.Reading;

public sealed class RecordsReaderTests
{
    private const string Blanks = " \t\r\n";

    private static readonly Arbitrary<int> Seeds = Gen.Choose(0, int.MaxValue).ToArbitrary();

    [Fact]
    public void ReadArray_WhenGivenAnyJson_SlicesThePayloadsAsSent() => Prop.ForAll(Seeds, seed =>
    {
        var random = new Random(seed);
        var payloads = Enumerable.Range(0, random.Next(20)).Select(_ => Value(random, 4)).ToList();
        var text = $"[{string.Join(',', payloads.Select((p, i) => Record(random, $"key {i}", p)))}]";

        using var records = Read(text, (body, into) => RecordsReader.ReadArray(body, into));

        return records.Errors.Count == 0
            && records.Records.ToArray().Select(r => Encoding.UTF8.GetString(r.Data.Span)).SequenceEqual(payloads)
            && records.Records.ToArray().Select((r, i) => r.PartitionKey == $"key {i}").All(same => same);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void ReadLines_WhenGivenAnyLines_SlicesThePayloadsAsSent() => Prop.ForAll(Seeds, seed =>
    {
        var random = new Random(seed);
        var payloads = Enumerable.Range(0, random.Next(20)).Select(_ => Value(random, 3).Replace("\n", "", StringComparison.Ordinal)).ToList();
        var text = string.Join(random.Next(2) == 0 ? "\n" : "\r\n\n", payloads.Select((p, i) => Record(random, $"{i}", p).Replace("\n", "", StringComparison.Ordinal)));

        using var records = Read(text, (body, into) => RecordsReader.ReadLines(body, into, PayloadForm.JsonText));

        return records.Errors.Count == 0 && records.Records.ToArray().Select(r => Encoding.UTF8.GetString(r.Data.Span)).SequenceEqual(payloads);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Read_WhenTheTextIsDamaged_RefusesItOrReadsItAsTheParserOfTheFrameworkDoes() => Prop.ForAll(Seeds, seed =>
    {
        var random = new Random(seed);
        var bytes = Encoding.UTF8.GetBytes($"[{string.Join(',', Enumerable.Range(0, 3).Select(i => Record(random, $"{i}", Value(random, 3))))}]");
        for (var damages = random.Next(1, 4); damages > 0; damages--)
            bytes[random.Next(bytes.Length)] = (byte)(random.Next(3) == 0 ? random.Next(256) : "[]{}\",:0\\ \n"[random.Next(11)]);

        using var lines = new RecordBuffer(int.MaxValue);
        RecordsReader.ReadLines(bytes, lines, random.Next(2) == 0 ? PayloadForm.JsonText : PayloadForm.Base64);
        try
        {
            using var records = new RecordBuffer(int.MaxValue);
            RecordsReader.ReadArray(bytes, records);
            using var parsed = JsonDocument.Parse(bytes);
            return records.Count == parsed.RootElement.GetArrayLength();
        }
        catch (RequestRefusedException refused)
        {
            return refused.StatusCode == 400 && !IsArray(bytes);
        }
    }).QuickCheckThrowOnFailure();

    private static RecordBuffer Read(string text, Action<ReadOnlyMemory<byte>, RecordBuffer> read)
    {
        var records = new RecordBuffer(int.MaxValue);
        read(Encoding.UTF8.GetBytes(text), records);
        return records;
    }

    private static bool IsArray(byte[] text)
    {
        try
        {
            using var parsed = JsonDocument.Parse(text);
            return parsed.RootElement.ValueKind == JsonValueKind.Array;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static string Record(Random random, string key, string payload)
    {
        var members = new List<string> { $"\"partition_key\"{Blank(random)}:{Blank(random)}\"{key}\"", $"\"payload\"{Blank(random)}:{Blank(random)}{payload}" };
        if (random.Next(2) == 0)
            members.Add($"\"other\":{Value(random, 2)}");
        members.Sort((_, _) => random.Next(3) - 1);
        return $"{{{string.Join(',', members.Select(m => Blank(random) + m + Blank(random)))}}}";
    }

    private static string Value(Random random, int depth) => random.Next(depth > 0 ? 7 : 5) switch
    {
        0 => "null",
        1 => random.Next(2) == 0 ? "true" : "false",
        2 => $"{random.Next(-5, 5)}.{random.Next(9)}e-{random.Next(9)}",
        3 => "\"" + new[] { "", "plain", "\\\"}]", "\\\\", "\\u00e9\\n", "日本 🎈" }[random.Next(6)] + "\"",
        4 => JsonSerializer.Serialize(random.NextInt64()),
        5 => $"[{string.Join(',', Enumerable.Range(0, random.Next(4)).Select(_ => Blank(random) + Value(random, depth - 1) + Blank(random)))}]",
        _ => $"{{{string.Join(',', Enumerable.Range(0, random.Next(4)).Select(i => $"{Blank(random)}\"payload{i}\":{Blank(random)}{Value(random, depth - 1)}"))}}}",
    };

    private static string Blank(Random random) => random.Next(3) == 0 ? $"{Blanks[random.Next(4)]}{Blanks[random.Next(4)]}" : "";
}
