using System.Text;
using System.Text.Json;
using Orleans.Kpl.Kinesis.Wire;

namespace Orleans.Kpl.Kinesis.Tests.Wire;

public sealed class JsonFrontWriterTests
{
    [Theory]
    [InlineData("49590338271490256608559692538361571095921575989136588898", "shardId-000000000000")]
    [InlineData("quote\" and \\ and \n", "schärd 🙂")]
    [InlineData("", "")]
    [InlineData("\u0000\u001f", "half \ud800 of a pair")]
    public void Places_OfAnyText_AreWhatThatTextIs(string number, string shard)
    {
        var odd = RecordResult.Delivered(shard, number, 0, []);
        RecordResult[] results = [odd, RecordResult.Delivered("s", "1", 0, []), odd];
        using var writer = new JsonFrontWriter();
        writer.StartObject();
        writer.Name("Records");
        writer.ResultEntries(results);
        writer.Name("More");
        writer.Number(7);
        writer.EndObject();

        var root = JsonDocument.Parse(writer.End()).RootElement;
        var places = root.GetProperty("Records").EnumerateArray().Select(static p => (p.GetProperty("SequenceNumber").GetString(), p.GetProperty("ShardId").GetString()));

        var expected = (Shown(number), Shown(shard));
        Assert.Equal([expected, ("1", "s"), expected], places);
        Assert.Equal(7, root.GetProperty("More").GetInt32());
    }

    [Fact]
    public void Places_OfNoRecord_AreAnEmptyArray()
    {
        using var writer = new JsonFrontWriter();
        writer.ResultEntries([]);
        Assert.Equal("[]", Encoding.UTF8.GetString(writer.End().Span));
    }

    /// <summary>JSON cannot have half of a pair: it has the sign for what cannot be shown.</summary>
    private static string Shown(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
}
