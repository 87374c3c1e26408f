using System.IO.Compression;
using System.Text;
using Orleans.Kpl.Run.Processing;

namespace Orleans.Kpl.Run.Tests.Processing;

/// <remarks>Tests <see cref="RecordPreparer"/>, <see cref="RunRecord"/> and every processor.</remarks>
public sealed class ProcessorTests
{
    private const string Uuid = "0b2e7c1e-5f2f-4b6e-9a57-5d3f0f9a7c11";

    [Theory]
    [InlineData("[parse_json]", """{ "a": 1.50 }""", """{ "a": 1.50 }""")]
    [InlineData("[parse_json]", "\uFEFF{}", "{}")] // The mark that editors put at the beginning of a file made its first record no JSON.
    [InlineData("[parse_json]", "null", "null")] // It was told as no JSON.
    [InlineData("[set: { at: now() }]", """{"a":1}""", """{"a":1,"at":"2026-01-01T00:00:00.000Z"}""")]
    [InlineData("[set: { id: uuid() }]", """{}""", """{"id":"0b2e7c1e-5f2f-4b6e-9a57-5d3f0f9a7c11"}""")]
    [InlineData("[set: { s: '${SITE}', n: 12, i: -12345678901234567890123, f: 1.5, t: true, z: ~, q: '12', l: [1, a], 'x.y': now }]", """{}""", """{"s":"north","n":12,"i":-12345678901234567890123,"f":1.5,"t":true,"z":null,"q":"12","l":[1,"a"],"x":{"y":"now"}}""")]
    [InlineData("[set: { q: 'now()' }]", """{}""", """{"q":"now()"}""")]
    [InlineData("[set: { a: 2, a.b: 3 }]", """{}""", null)]
    [InlineData("[set: { /a.b: 3 }]", """{}""", """{"a.b":3}""")]
    [InlineData("[delete: [a, b.c, nothing]]", """{"a":1,"b":{"c":2,"d":3},"e":null}""", """{"b":{"d":3},"e":null}""")]
    [InlineData("[select: a]", """{"a":1,"b":2}""", """{"a":1}""")]
    [InlineData("[delete: a]", """{"a":null}""", """{}""")]
    [InlineData("[select: [a, b.c, b.d.e]]", """{"a":null,"b":{"c":null,"d":null}}""", """{"a":null,"b":{"c":null}}""")] // They were left out.
    [InlineData("[select: [b, a, gone]]", """{"a":1,"b":{"c":2},"d":3}""", """{"b":{"c":2},"a":1}""")]
    [InlineData("[parse_json, set: { a: 1 }, delete: b]", """{"b":12345678901234567890.123}""", """{"a":1}""")]
    [InlineData("[set: { a: 1 }]", """{"big":12345678901234567890.1230,"t":"\u00e9<\/"}""", """{"big":12345678901234567890.1230,"t":"é</","a":1}""")]
    [InlineData("[parse_json]", "not json", null)]
    [InlineData("[set: { a: 1 }]", "[1]", null)]
    [InlineData("[delete: a]", "null", null)]
    [InlineData("[set: { a: 1 }]", """{"a":1,"a":2}""", null)]
    [InlineData("[set: { a: 1 }]", """{"b":"\ud800"}""", null)]
    [InlineData("[]", "not json", "not json")]
    public void Process_GivesTheData_OrFailsTheRecordAlone(string processors, string data, string? expected)
    {
        var preparer = Preparer(processors);
        var prepared = preparer.Prepare(Encoding.UTF8.GetBytes(data));
        if (expected is null)
            Assert.Equal(RecordPreparer.InvalidRecord, prepared.ErrorCode);
        else
            Assert.Equal((null, expected), (prepared.ErrorCode, Encoding.UTF8.GetString(preparer.Data.Span)));

        // The next record is as if the bad one had not been.
        Assert.Null(Preparer("[]").Prepare("{}"u8.ToArray()).ErrorCode);
        var next = preparer.Prepare("""{"log":"{}","a":null}"""u8.ToArray());
        Assert.True(next.ErrorCode is null || expected is null, next.ErrorMessage);
    }

    /// <summary>It was told as "it is no JSON", which says nothing.</summary>
    [Fact]
    public void Process_OfAMemberThatStandsTwice_SaysSo() =>
        Assert.Equal("parse_json: the record is not JSON: a member stands twice in its object", Preparer("[parse_json]").Prepare("""{"a":1,"a":2}"""u8.ToArray()).ErrorMessage);

    [Theory]
    [InlineData("null", "delete: the record is JSON, but no object")]
    [InlineData("[1]", "delete: the record is JSON, but no object")]
    [InlineData("no", "delete: the record is not JSON: ")]
    public void Process_OfWhatHasNoFields_SaysWhetherItIsJson(string data, string told) =>
        Assert.StartsWith(told, Preparer("[delete: a]").Prepare(Encoding.UTF8.GetBytes(data)).ErrorMessage, StringComparison.Ordinal);

    /// <summary>It was told as .NET's reader says it: a UTF-16 text with missing low surrogate.</summary>
    [Theory]
    [InlineData("""{"b":"\ud800"}""")]
    [InlineData("""{"\udc00":1}""")]
    public void Process_OfHalfASurrogatePair_SaysSo(string data) => Assert.Equal(
        "a name or a text of the record has half of a surrogate pair", Preparer("[set: { a: 1 }]").Prepare(Encoding.UTF8.GetBytes(data)).ErrorMessage);

    [Fact]
    public void Process_OfBytesThatAreNoText_FailsTheRecordAlone()
    {
        var prepared = Preparer("[set: { a: 1 }]").Prepare(new byte[] { (byte)'{', (byte)'"', 0xff, (byte)'"', (byte)':', (byte)'1', (byte)'}' });
        Assert.Equal(RecordPreparer.InvalidRecord, prepared.ErrorCode);
        Assert.Contains("UTF-8", prepared.ErrorMessage, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[gzip]", "line", "line")]
    [InlineData("[gzip]", "\uFEFF{}", "{}")] // The mark was compressed with it.
    [InlineData("[set: { a: 1 }, gzip]", "{}", """{"a":1}""")]
    public void Gzip_CompressesEachRecordForItself(string processors, string data, string expected)
    {
        var preparer = Preparer(processors);
        Assert.Null(preparer.Prepare(Encoding.UTF8.GetBytes(data)).ErrorCode);
        Assert.False(preparer.IsJson);
        using var plain = new MemoryStream();
        using (var gzip = new GZipStream(new MemoryStream(preparer.Data.ToArray()), CompressionMode.Decompress))
            gzip.CopyTo(plain);
        Assert.Equal(expected, Encoding.UTF8.GetString(plain.ToArray()));
    }

    [Theory]
    [InlineData("partition_key: user.id", """{"user":{"id":"u-1"}}""", "u-1")]
    [InlineData("partition_key: user.id", """{"user":{"id":17}}""", "17")]
    [InlineData("partition_key: user.id", """{"user":{"id":true}}""", "true")]
    [InlineData("partition_key: /user/id", """{"user":{"id":"u-1"}}""", "u-1")]
    [InlineData("partition_key: list.1", """{"list":["a","b"]}""", "b")]
    [InlineData("partition_key: user.id", """{"user":{"id":""}}""", Uuid)]
    [InlineData("partition_key: user.id", """{"user":{"id":{}}}""", Uuid)]
    [InlineData("partition_key: user.id", "no json", Uuid)]
    [InlineData("partition_key: [tenant, id]", """{"id":"b"}""", "b")]
    [InlineData("partition_key: [tenant, id]", """{"id":"b","tenant":"a"}""", "a")]
    [InlineData("partition_key: [tenant, id]", """{"id":"b","tenant":null}""", "b")]
    [InlineData("partition_key: { static: all }", "no json", "all")]
    [InlineData("partition_key: { timestamp: }", "no json", "1767225600000")]
    [InlineData("partition_key: { timestamp: seconds }", "no json", "1767225600")]
    [InlineData("region: eu-central-1", "no json", Uuid)]
    public void Key_IsThatOfTheFile(string setting, string data, string key) =>
        Assert.Equal((null, key), (Prepare("[]", setting, data).ErrorCode, Prepare("[]", setting, data).Key));

    [Theory]
    [InlineData("[select: [a]]", "u-1")]
    [InlineData("[select: [a], gzip]", "u-1")]
    [InlineData("[select: [a], delete: id]", "u-1")]
    [InlineData("[delete: id]", Uuid)]
    [InlineData("[select: [a], set: { id: u-2 }]", "u-2")] // It was not found, and without an id of its own the record had a random key.
    public void Key_IsThatOfTheWholeRecord_WhereOnlyAPartIsSent(string processors, string key) =>
        Assert.Equal(key, Prepare(processors, "partition_key: id", """{"a":"x","id":"u-1"}""").Key);

    [Fact]
    public void Key_ThatIsTooLong_FailsTheRecordAlone() =>
        Assert.Equal(RecordErrorCodes.InvalidPartitionKey, Prepare("[]", "partition_key: k", $$"""{"k":"{{new string('x', 257)}}"}""").ErrorCode);

    [Theory]
    [InlineData("hash_key: h", """{"h":"170141183460469231731687303715884105728"}""", "170141183460469231731687303715884105728", null)]
    [InlineData("hash_key: h", """{"h":7}""", "7", null)]
    [InlineData("hash_key: h", """{}""", "", null)]
    [InlineData("hash_key: h", """{"h":-1}""", "", RecordErrorCodes.InvalidExplicitHashKey)]
    [InlineData("hash_key: { static: '5' }", "no json", "5", null)]
    public void HashKey_IsThatOfTheFile(string setting, string data, string hashKey, string? code)
    {
        var prepared = Prepare("[]", setting, data);
        Assert.Equal((code, hashKey), (prepared.ErrorCode, prepared.HashKey?.ToString() ?? ""));
    }

    [Theory]
    [InlineData("""{"s":"clicks"}""", "clicks", null)]
    [InlineData("""{}""", "events", null)]
    [InlineData("""{"s":"no stream!"}""", "", RecordErrorCodes.InvalidStream)]
    public void Stream_IsThatOfItsField(string data, string stream, string? code)
    {
        var prepared = Prepare("[]", "stream_field: s", data);
        Assert.Equal((code, stream), (prepared.ErrorCode, prepared.Stream));
    }

    [Fact]
    public void RecordsWithoutTheFieldOfTheirKey_AreCounted()
    {
        var preparer = Preparer("[]", "partition_key: id");
        preparer.Prepare("{}"u8.ToArray());
        preparer.Prepare("""{"id":1}"""u8.ToArray());
        Assert.Equal(1, preparer.WithoutKeyField);
    }

    private static PreparedRecord Prepare(string processors, string setting, string data) =>
        Preparer(processors, setting).Prepare(Encoding.UTF8.GetBytes(data));

    private static RecordPreparer Preparer(string processors, string setting = "")
    {
        var read = ReadText.OfProcessors(processors, setting);
        Assert.Empty(read.Errors);
        return new RecordPreparer(read.File!, new ProcessingTools(new FakeTimeProvider(), static () => Uuid));
    }
}
