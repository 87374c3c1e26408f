using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Orleans.Kpl.Aws.Bodies;
using Orleans.Kpl.Aws.Tests.Serving;
using Orleans.Kpl.Aws.Wire;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Aws.Tests.Wire;

public sealed class PutRecordsBodyTests
{
    private static readonly byte[] Member = JsonMembers.Member("StreamName", "events");

    [Fact]
    public async Task WriteTo_WhenGivenEntries_WritesTheGoldenBody()
    {
        PutRecordsEntry[] entries =
        [
            Gateways.Entry([1, 2, 3, 4], "a", 0),
            Gateways.Entry([], "k\"e\\y\n\u0001é", UInt128.MaxValue),
            Gateways.Entry([0xF3, 0x89, 0x9A, 0xC2], "日本", 42),
        ];

        using var body = new PutRecordsBody(entries, Member);

        Assert.Equal(
            """{"Records":[{"Data":"AQIDBA==","PartitionKey":"a","ExplicitHashKey":"0"},"""
            + """{"Data":"","PartitionKey":"k\"e\\y\u000a\u0001é","ExplicitHashKey":"340282366920938463463374607431768211455"},"""
            + """{"Data":"84mawg==","PartitionKey":"日本","ExplicitHashKey":"42"}],"StreamName":"events"}""",
            Encoding.UTF8.GetString(await body.WrittenAsync()));
    }

    [Fact]
    public async Task WriteTo_WhenThereAreNoEntries_WritesAnEmptyArray()
    {
        using var body = new PutRecordsBody(Array.Empty<PutRecordsEntry>(), Member);

        Assert.Equal("""{"Records":[],"StreamName":"events"}""", Encoding.UTF8.GetString(await body.WrittenAsync()));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1000)]
    [InlineData(4096)]
    [InlineData(PutRecordsBody.DefaultPiece)]
    public async Task WriteTo_WhenCutIntoPieces_WritesTheSameBody(int piece)
    {
        var entries = Gateways.Entries([.. Enumerable.Range(0, 40).Select(i => (i * 331, $"key \"{i}\"", (UInt128)i << 100))]);
        using var whole = new PutRecordsBody(entries, Member, int.MaxValue);

        using var cut = new PutRecordsBody(entries, Member, piece);

        var expected = await whole.WrittenAsync();
        Assert.Equal(expected, await cut.WrittenAsync());
        Assert.Equal(expected, await cut.WrittenAsync());
        Assert.Equal(expected.Length, cut.Length);
        Assert.Equal(SHA256.HashData(expected), cut.Hash.ToArray());
    }

    [Fact]
    public void WriteTo_WhenGivenAnyEntries_IsJsonThatSaysThem() =>
        Prop.ForAll(Entries, Gen.Choose(1, 2000).ToArbitrary(), (entries, piece) =>
        {
            using var body = new PutRecordsBody(entries, Member, piece);
            var written = body.WrittenAsync().GetAwaiter().GetResult();

            using var json = JsonDocument.Parse(written);
            var records = json.RootElement.GetProperty("Records").EnumerateArray().ToList();
            return records.Count == entries.Length
                && body.Hash.SequenceEqual(SHA256.HashData(written))
                && body.Length == written.Length
                && records.Zip(entries).All(pair => Says(pair.First, pair.Second));
        }).QuickCheckThrowOnFailure();

    private static Arbitrary<PutRecordsEntry[]> Entries =>
        (from data in ArbMap.Default.GeneratorFor<byte[]>()
         from key in ArbMap.Default.GeneratorFor<UnicodeString>()
         from high in ArbMap.Default.GeneratorFor<ulong>()
         from low in ArbMap.Default.GeneratorFor<ulong>()
         select new PutRecordsEntry(data ?? [], Encoding.UTF8.GetBytes(key?.Get ?? ""), new UInt128(high, low)))
        .ArrayOf().ToArbitrary();

    private static bool Says(JsonElement record, PutRecordsEntry entry) =>
        record.GetProperty("Data").GetBytesFromBase64().AsSpan().SequenceEqual(entry.Data.Span)
        && record.GetProperty("PartitionKey").GetString() == Encoding.UTF8.GetString(entry.PartitionKey.Span)
        && UInt128.Parse(record.GetProperty("ExplicitHashKey").GetString()!) == entry.ExplicitHashKey;
}
