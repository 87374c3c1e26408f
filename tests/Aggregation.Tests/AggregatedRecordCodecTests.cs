using System.Security.Cryptography;
using Orleans.Kpl.Deaggregation;

namespace Orleans.Kpl.Aggregation.Tests;

public class AggregatedRecordCodecTests
{
    private const string TwoToThe128 = "1227333430323832333636393230393338343633343633333734363037343331373638323131343536";

    /// <summary>A tag and a field 9 in the record, a group 77 behind it, and the keys last.</summary>
    [Fact]
    public void TryDecode_WhenThereAreUnknownFieldsAndTags_PassesOverThem()
    {
        const string record = "2203746167" + "1a0464617461" + "4d07000000" + "0801";
        const string group = "eb04" + "290100000000000000" + "ec04";
        var payload = Frame(Convert.FromHexString($"1a12{record}{group}0a047a65726f0a036f6e65"));

        Assert.True(AggregatedRecordCodec.TryDecode(payload, out var members, out _));

        Assert.Equal([new TestRecord("one", null, "data")], members.Select(TestRecord.Of));
    }

    [Theory]
    [InlineData("", "magic")]
    [InlineData("f3899a", "magic")]
    [InlineData("00000000d41d8cd98f00b204e9800998ecf8427e", "magic")]
    [InlineData("f3899ac2d41d8cd98f00b204e9800998ecf842", "cannot hold")]
    [InlineData("f3899ac2d41d8cd98f00b204e9800998ecf8427e", "cannot hold")] // KCL takes no frame without a message for an aggregate.
    [InlineData("f3899ac200d41d8cd98f00b204e9800998ecf8427e", "MD5")]
    public void TryDecode_WhenItIsNoAggregate_SaysWhy(string payload, string because)
    {
        Assert.False(AggregatedRecordCodec.TryDecode(Convert.FromHexString(payload), out _, out var reason));

        Assert.Contains(because, reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1a0508001a0131", "names partition key 0 of 0")]
    [InlineData("0a01611a0508011a0131", "names partition key 1 of 1")]
    [InlineData("0a01611a0e08ffffffffffffffffff011a0131", "names partition key 18446744073709551615 of 1")]
    [InlineData("0a01611a0708001000" + "1a0131", "names explicit hash key 0 of 0")]
    [InlineData("0a01611201781a07080010001a0131", "no number")]
    [InlineData("0a0161" + TwoToThe128 + "1a07080010001a0131", "no number")]
    [InlineData("0a01611a031a0131", "no partition_key_index")]
    [InlineData("0a01611a020800", "no data")]
    [InlineData("0a01611a0508001a0231", "cut short")]
    [InlineData("0a0261", "cut short")]
    [InlineData("0a8080808010", "cut short")]
    [InlineData("0affffffffffffffffffff01", "cut short")]
    [InlineData("0c", "cut short")]
    [InlineData("0b", "cut short")]
    [InlineData("00", "cut short")]
    public void TryDecode_WhenTheMessageIsWrong_SaysWhere(string message, string because)
    {
        Assert.False(AggregatedRecordCodec.TryDecode(Frame(Convert.FromHexString(message)), out _, out var reason));

        Assert.Contains(because, reason, StringComparison.Ordinal);
    }

    [Fact]
    public void TryDecode_WhenGroupsAreNestedWithoutEnd_SaysSo()
    {
        var message = new byte[100_000];
        Array.Fill(message, (byte)0x2b);

        Assert.False(AggregatedRecordCodec.TryDecode(Frame(message), out _, out _));
    }

    [Fact]
    public void TryDecode_WhenThereIsNoRecord_IsAnAggregateOfNone()
    {
        Assert.True(AggregatedRecordCodec.TryDecode(Frame(Convert.FromHexString("0a0161")), out var members, out _));

        Assert.Empty(members);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Open_WhenOneRecordWentAlone_GivesItBack(bool hasHashKey)
    {
        var builder = new AggregateBuilder(new AggregationLimits(uint.MaxValue, AggregationLimits.LargestMaxSize));
        var record = new TestRecord("a key", hasHashKey ? 5 : null, "data");
        Assert.True(record.TryAddTo(builder));
        var closed = builder.Close();

        var reader = MemberReading.Open(closed);
        Assert.True(reader.MoveNext());
        Assert.Equal(record, TestRecord.Of(reader.Current));
        Assert.False(reader.MoveNext());
        closed.Release();
    }

    private static byte[] Frame(byte[] message) => [0xf3, 0x89, 0x9a, 0xc2, .. message, .. MD5.HashData(message)];
}
