using System.Formats.Cbor;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Orleans.Kpl.Aws.Bodies;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.Tests.Serving;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Aws.Tests.Wire;

/// <summary>What the bodies of PutRecords and PutRecord say: in CBOR the bytes of .NET's own writer, in JSON what .NET reads.</summary>
/// <remarks>Tests <see cref="PutRecordsText"/> and <see cref="PutRecordsPieces"/>.</remarks>
public sealed class PutBodyTests
{
    private const string Arn = "arn:aws:kinesis:us-east-1:123456789012:stream/events";

    private static readonly StreamRoute Named = new("events", null);
    private static readonly StreamRoute ByArn = new(Arn, StreamArn.TryParse(Arn));

    [Fact]
    public async Task PutRecords_InJson_IsTheGoldenBody()
    {
        PutRecordsEntry[] entries =
        [
            Gateways.Entry([1, 2, 3, 4], "a", 0),
            Gateways.Entry([], "k\"e\\y\n\u0001é", UInt128.MaxValue),
            Gateways.Entry([0xF3, 0x89, 0x9A, 0xC2], "日本", 42),
        ];
        using var body = new PutRecordsBody(entries, Named, WireFormat.Json);

        Assert.Equal(
            """{"Records":[{"Data":"AQIDBA==","PartitionKey":"a","ExplicitHashKey":"0"},"""
            + """{"Data":"","PartitionKey":"k\"e\\y\n\u0001é","ExplicitHashKey":"340282366920938463463374607431768211455"},"""
            + """{"Data":"84mawg==","PartitionKey":"日本","ExplicitHashKey":"42"}],"StreamName":"events"}""",
            Encoding.UTF8.GetString(await body.WrittenAsync()));
        Assert.Throws<InvalidOperationException>(body.InJson);
    }

    [Fact]
    public async Task PutRecords_InCbor_IsTheGoldenBody_AndTheSameRequestInJson()
    {
        PutRecordsEntry[] entries = [Gateways.Entry([1, 2, 3], "é", 42)];
        using var body = new PutRecordsBody(entries, Named, WireFormat.Cbor);
        using var expected = new PutRecordsBody(entries, Named, WireFormat.Json);
        using var json = body.InJson();

        // {"Records": [{"Data": h'010203', "PartitionKey": "é", "ExplicitHashKey": "42"}], "StreamName": "events"}
        Assert.Equal(
            "A2675265636F72647381A3644461746143010203" + "6C506172746974696F6E4B657962C3A9" + "6F4578706C69636974486173684B6579623432"
            + "6A53747265616D4E616D65666576656E7473",
            Convert.ToHexString(await body.WrittenAsync()));
        Assert.Equal(WireFormat.Cbor, body.Format);
        Assert.Equal(await expected.WrittenAsync(), await json.WrittenAsync());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1000)]
    [InlineData(4096)]
    [InlineData(PutRecordsBody.DefaultPiece)]
    [InlineData(int.MaxValue)]
    public async Task PutRecords_WhereverItIsCut_SaysItsEntries(int piece)
    {
        // Below and above the length from which on data is hashed where it lies.
        await AssertSaysAsync(Gateways.Entries([.. Enumerable.Range(0, 40).Select(i => (i * 331, $"key \"{i}\"", (UInt128)i << 100))]), piece);
        await AssertSaysAsync(ReadOnlyMemory<PutRecordsEntry>.Empty, piece);
    }

    [Fact]
    public void PutRecords_OfAnyEntries_SaysThem() =>
        Prop.ForAll(Entries, Gen.Choose(1, 6000).ToArbitrary(), static (entries, piece) => AssertSaysAsync(entries, piece).GetAwaiter().GetResult())
            .QuickCheckThrowOnFailure();

    /// <summary>CBOR's heads have the fewest bytes that hold the length.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(23)]
    [InlineData(24)]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(2047)]
    [InlineData(2048)]
    [InlineData(65_535)]
    [InlineData(65_536)]
    [InlineData(1_048_576)]
    public Task PutRecords_OfAnyLength_SaysIt(int size) =>
        AssertSaysAsync(Gateways.Entries((size, new string('k', 1 + (size % 256)), 1)), PutRecordsBody.DefaultPiece);

    [Theory]
    [InlineData(null, "")]
    [InlineData("4951", "\"SequenceNumberForOrdering\":\"4951\",")]
    public async Task PutRecord_InEitherFormat_SaysItsEntry(string? number, string ordering)
    {
        var entry = Gateways.Entry([1, 2, 3, 4], "a\"é", 7);
        using var json = new PutRecordBody(entry, number, ByArn, WireFormat.Json);
        using var cbor = new PutRecordBody(entry, number, ByArn, WireFormat.Cbor);

        Assert.Equal(
            $$"""{"Data":"AQIDBA==","PartitionKey":"a\"é","ExplicitHashKey":"7",{{ordering}}"StreamARN":"{{Arn}}"}""",
            Encoding.UTF8.GetString(await WrittenAsync(json)));
        var writer = new CborWriter();
        Write(writer, entry, number is null ? [("StreamARN", Arn)] : [("SequenceNumberForOrdering", number), ("StreamARN", Arn)]);
        Assert.Equal(writer.Encode(), await WrittenAsync(cbor));
    }

    private static Arbitrary<PutRecordsEntry[]> Entries =>
        (from size in Gen.Choose(0, 5000)
         from data in Gen.Choose(0, 255).Select(b => (byte)b).ArrayOf(size)
         from key in ArbMap.Default.GeneratorFor<UnicodeString>()
         from high in ArbMap.Default.GeneratorFor<ulong>()
         from low in ArbMap.Default.GeneratorFor<ulong>()
         select new PutRecordsEntry(data, Encoding.UTF8.GetBytes(key?.Get ?? ""), new UInt128(high, low)))
        .ArrayOf().ToArbitrary();

    /// <summary>Writes entries in both formats, and judges them.</summary>
    private static async Task AssertSaysAsync(ReadOnlyMemory<PutRecordsEntry> entries, int piece)
    {
        using var json = new PutRecordsBody(entries, Named, WireFormat.Json, piece);
        using var read = JsonDocument.Parse(await WrittenAsync(json));
        Assert.Equal("events", read.RootElement.GetProperty("StreamName").GetString());
        Assert.Equal(
            entries.ToArray().Select(static e => (Convert.ToHexString(e.Data.Span), KeyOf(e), e.ExplicitHashKey)),
            read.RootElement.GetProperty("Records").EnumerateArray().Select(static r => (Convert.ToHexString(r.GetProperty("Data").GetBytesFromBase64()),
                r.GetProperty("PartitionKey").GetString()!, UInt128.Parse(r.GetProperty("ExplicitHashKey").GetString()!))));

        using var cbor = new PutRecordsBody(entries, Named, WireFormat.Cbor, piece);
        var writer = new CborWriter();
        writer.WriteStartMap(2);
        writer.WriteTextString("Records");
        writer.WriteStartArray(entries.Length);
        foreach (var entry in entries.ToArray())
            Write(writer, entry);
        writer.WriteEndArray();
        writer.WriteTextString("StreamName");
        writer.WriteTextString("events");
        writer.WriteEndMap();
        Assert.Equal(writer.Encode(), await WrittenAsync(cbor));
    }

    private static void Write(CborWriter writer, PutRecordsEntry entry, params (string Name, string Value)[] more)
    {
        writer.WriteStartMap(3 + more.Length);
        writer.WriteTextString("Data");
        writer.WriteByteString(entry.Data.Span);
        foreach (var (name, value) in ((string, string)[])[("PartitionKey", KeyOf(entry)), ("ExplicitHashKey", $"{entry.ExplicitHashKey}"), .. more])
        {
            writer.WriteTextString(name);
            writer.WriteTextString(value);
        }

        writer.WriteEndMap();
    }

    private static string KeyOf(PutRecordsEntry entry) => Encoding.UTF8.GetString(entry.PartitionKey.Span);

    /// <summary>What a body puts on the wire, each time that it is asked to, with the length and the hash that it tells.</summary>
    private static async Task<byte[]> WrittenAsync(RequestBody body)
    {
        var written = await body.WrittenAsync();
        Assert.Equal((written.Length, Convert.ToHexString(SHA256.HashData(written))), (body.Length, Convert.ToHexString(body.Hash)));
        Assert.Equal(written, await body.WrittenAsync());
        return written;
    }
}
