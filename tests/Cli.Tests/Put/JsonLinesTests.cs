using System.Text;
using Orleans.Kpl.Cli.Put;

namespace Orleans.Kpl.Cli.Tests.Put;

public sealed class JsonLinesTests
{
    [Theory]
    [InlineData("""{"id":"a-1","n":2}""", "a-1")]
    [InlineData("""{"n":{"id":"inner"},"id":17}""", "17")]
    [InlineData("""{"id":1.50e3}""", "1.50e3")]
    [InlineData("""{"\u0069d":"\u00e9"}""", "é")]
    [InlineData("""{"id":"first","id":"last"}""", "last")]
    [InlineData("""{"\ud800":1,"id":"k"}""", "k")] // It ended the command with a stack trace.
    public void Parse_TakesTheKeyFromTheFieldAtTheTop(string line, string key) => Assert.Equal(ParsedLine.Record(key, isJson: true), Parse(line, "id"));

    [Theory]
    [InlineData("""{"n":{"id":"inner"}}""", "no field 'id'")]
    [InlineData("""["id"]""", "no field 'id'")]
    [InlineData("""{"id":null}""", "neither a string nor a number")]
    [InlineData("""{"id":{"id":"x"}}""", "neither a string nor a number")]
    [InlineData("""{"id":"\ud800"}""", "surrogate")]
    [InlineData("""{"id":""}""", "is empty")]
    public void Parse_WhenThereIsNoKey_SaysWhy(string line, string reason)
    {
        var parsed = Parse(line, "id");
        Assert.Equal((LineKind.Bad, RecordErrorCodes.InvalidPartitionKey), (parsed.Kind, parsed.Code));
        Assert.Contains(reason, parsed.Error, StringComparison.Ordinal);
    }

    /// <summary>Bytes count from 1, as a tier and <c>kpl run</c> count them: the first was byte 0.</summary>
    [Theory]
    [InlineData("bad", "byte 1:")]
    [InlineData("nope", "byte 2:")]
    [InlineData("{\"a\":1", "byte 7:")]
    [InlineData("{} {}", "byte 4:")]
    [InlineData("\"\u00e9", "byte ")]
    public void Parse_WhenItIsNoJson_SaysWhere(string line, string place)
    {
        var parsed = Parse(line);
        Assert.Equal((LineKind.Bad, JsonLines.InvalidJson), (parsed.Kind, parsed.Code));
        Assert.Contains(place, parsed.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("LineNumber", parsed.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_WhenItIsNoUtf8_IsBad() => Assert.Equal(LineKind.Bad, new JsonLines(() => "k", null).Parse([(byte)'"', 0xff, (byte)'"']).Kind);

    [Theory]
    [InlineData("")]
    [InlineData(" \t")]
    [InlineData("\r")]
    public void Parse_WhenItIsBlank_IsPassedOver(string line) => Assert.Equal(LineKind.Blank, Parse(line).Kind);

    [Theory]
    [InlineData("5", true)]
    [InlineData("""{ "a" : 1 }""", true)]
    [InlineData(" 5", false)]
    [InlineData("5\t", false)]
    [InlineData("[1,\r2]", false)]
    public void Parse_KnowsWhatAPayloadCarriesExactly(string line, bool isJson) => Assert.Equal(ParsedLine.Record("k", isJson), Parse(line));

    [Theory]
    [InlineData(59, true)]
    [InlineData(62, false)]
    [InlineData(999, false)]
    public void Parse_LeavesDeepTextsToBase64(int depth, bool isJson) =>
        Assert.Equal(ParsedLine.Record("k", isJson), Parse(new string('[', depth) + new string(']', depth)));

    private static ParsedLine Parse(string line, string? keyField = null) => new JsonLines(() => "k", keyField).Parse(Encoding.UTF8.GetBytes(line));
}
