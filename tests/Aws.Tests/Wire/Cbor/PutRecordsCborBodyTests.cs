using System.Formats.Cbor;
using System.Security.Cryptography;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Orleans.Kpl.Aws.Bodies;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.Tests.Serving;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Aws.Tests.Wire.Cbor;

/// <summary>What we write, judged by .NET's own reader.</summary>
/// <remarks>Tests <see cref="PutRecordsPieces"/>.</remarks>
public sealed class PutRecordsCborBodyTests
{
    private static readonly StreamRoute Route = new("events", null);

    [Fact]
    public async Task WriteTo_WhenGivenEntries_WritesTheGoldenBody()
    {
        using var body = new PutRecordsCborBody(new[] { Gateways.Entry([1, 2, 3], "é", 42) }, Route);

        // {"Records": [{"Data": h'010203', "PartitionKey": "é", "ExplicitHashKey": "42"}], "StreamName": "events"}
        Assert.Equal(
            "A2675265636F72647381A3644461746143010203" + "6C506172746974696F6E4B657962C3A9" + "6F4578706C69636974486173684B6579623432"
            + "6A53747265616D4E616D65666576656E7473",
            Convert.ToHexString(await body.WrittenAsync()));
        Assert.Equal(WireFormat.Cbor, body.Format);
    }

    [Fact]
    public async Task WriteTo_WhenThereAreNoEntries_WritesAnEmptyArray()
    {
        using var body = new PutRecordsCborBody(Array.Empty<PutRecordsEntry>(), Route);

        Assert.Empty(Says(await body.WrittenAsync()).Entries);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1000)]
    [InlineData(4096)]
    [InlineData(PutRecordsCborBody.DefaultPiece)]
    public async Task WriteTo_WhenCutIntoPieces_WritesTheSameBody(int piece)
    {
        // Below and above the length from which on data is hashed where it lies.
        var entries = Gateways.Entries([.. Enumerable.Range(0, 40).Select(i => (i * 331, $"key \"{i}\"", (UInt128)i << 100))]);
        using var whole = new PutRecordsCborBody(entries, Route, int.MaxValue);

        using var cut = new PutRecordsCborBody(entries, Route, piece);

        var expected = await whole.WrittenAsync();
        Assert.Equal(expected, await cut.WrittenAsync());
        Assert.Equal(expected, await cut.WrittenAsync());
        Assert.Equal(expected.Length, cut.Length);
        Assert.Equal(SHA256.HashData(expected), cut.Hash.ToArray());
        Assert.Equal(entries.ToArray().Select(Show), Says(expected).Entries.Select(Show));
    }

    [Fact]
    public void WriteTo_WhenGivenAnyEntries_IsCborThatSaysThem() =>
        Prop.ForAll(Entries, Gen.Choose(1, 6000).ToArbitrary(), (entries, piece) =>
        {
            using var body = new PutRecordsCborBody(entries, Route, piece);
            var written = body.WrittenAsync().GetAwaiter().GetResult();

            var said = Says(written);
            return said.Stream == ("StreamName", "events")
                && body.Hash.SequenceEqual(SHA256.HashData(written))
                && body.Length == written.Length
                && entries.Select(Show).SequenceEqual(said.Entries.Select(Show));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public async Task WriteTo_WhenAnyLengthOfData_WritesItsHeadAsShortAsItGets()
    {
        foreach (var size in new[] { 0, 1, 23, 24, 255, 256, 2047, 2048, 65_535, 65_536, 1_048_576 })
        {
            using var body = new PutRecordsCborBody(Gateways.Entries((size, new string('k', 1 + (size % 256)), 1)), Route);
            Assert.Equal(size, Assert.Single(Says(await body.WrittenAsync()).Entries).Data.Length);
        }
    }

    [Fact]
    public async Task InJson_Always_IsTheSameRequest()
    {
        var entries = Gateways.Entries((10, "a", 1), (20, "b", 2));
        using var cbor = new PutRecordsCborBody(entries, Route);
        using var expected = new PutRecordsBody(entries, Route.Member);

        using var json = cbor.InJson();

        Assert.Equal(Encoding.UTF8.GetString(await expected.WrittenAsync()), Encoding.UTF8.GetString(await json.WrittenAsync()));
        Assert.Throws<InvalidOperationException>(json.InJson);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("49590338271490256608559692538361571095921575989136588898")]
    public async Task PutRecord_WhenWritten_IsCborThatSaysIt(string? ordering)
    {
        var arn = "arn:aws:kinesis:us-east-1:123456789012:stream/events";
        var route = new StreamRoute(arn, StreamArn.TryParse(arn));
        using var body = new PutRecordBody(Gateways.Entry([9, 8], "ключ", UInt128.MaxValue), ordering, route, WireFormat.Cbor);

        var written = await body.WrittenAsync();

        var reader = new CborReader(written, CborConformanceMode.Strict);
        Assert.Equal(ordering is null ? 4 : 5, reader.ReadStartMap());
        Assert.Equal(("Data", "0908"), (reader.ReadTextString(), Convert.ToHexString(reader.ReadByteString())));
        Assert.Equal(("PartitionKey", "ключ"), (reader.ReadTextString(), reader.ReadTextString()));
        Assert.Equal(("ExplicitHashKey", UInt128.MaxValue.ToString()), (reader.ReadTextString(), reader.ReadTextString()));
        if (ordering is not null)
            Assert.Equal(("SequenceNumberForOrdering", ordering), (reader.ReadTextString(), reader.ReadTextString()));
        Assert.Equal(("StreamARN", arn), (reader.ReadTextString(), reader.ReadTextString()));
        reader.ReadEndMap();
        Assert.Equal(0, reader.BytesRemaining);
        Assert.Equal((written.Length, Convert.ToHexString(SHA256.HashData(written))), (body.Length, Convert.ToHexString(body.Hash)));
    }

    private static Arbitrary<PutRecordsEntry[]> Entries =>
        (from size in Gen.Choose(0, 5000)
         from data in Gen.Choose(0, 255).Select(b => (byte)b).ArrayOf(size)
         from key in ArbMap.Default.GeneratorFor<UnicodeString>()
         from high in ArbMap.Default.GeneratorFor<ulong>()
         from low in ArbMap.Default.GeneratorFor<ulong>()
         select new PutRecordsEntry(data, Encoding.UTF8.GetBytes(key?.Get ?? ""), new UInt128(high, low)))
        .ArrayOf().ToArbitrary();

    private static string Show(PutRecordsEntry entry) =>
        $"{Encoding.UTF8.GetString(entry.PartitionKey.Span)} {entry.ExplicitHashKey} {Convert.ToHexString(entry.Data.Span)}";

    private static (List<PutRecordsEntry> Entries, (string, string) Stream) Says(byte[] body)
    {
        var reader = new CborReader(body, CborConformanceMode.Strict);
        Assert.Equal(2, reader.ReadStartMap());
        Assert.Equal("Records", reader.ReadTextString());
        var entries = new List<PutRecordsEntry>();
        for (var left = reader.ReadStartArray(); left > 0; left--)
        {
            Assert.Equal(3, reader.ReadStartMap());
            Assert.Equal("Data", reader.ReadTextString());
            var data = reader.ReadByteString();
            Assert.Equal("PartitionKey", reader.ReadTextString());
            var key = reader.ReadTextString();
            Assert.Equal("ExplicitHashKey", reader.ReadTextString());
            entries.Add(Gateways.Entry(data, key, UInt128.Parse(reader.ReadTextString())));
            reader.ReadEndMap();
        }

        reader.ReadEndArray();
        var stream = (reader.ReadTextString(), reader.ReadTextString());
        reader.ReadEndMap();
        Assert.Equal(0, reader.BytesRemaining);
        return (entries, stream);
    }
}
