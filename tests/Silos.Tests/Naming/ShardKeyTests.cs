using Orleans.Kpl.Silos.Naming;

namespace Orleans.Kpl.Silos.Tests.Naming;

public sealed class ShardKeyTests
{
    [Theory]
    [InlineData("events")]
    [InlineData("arn:aws:kinesis:eu-west-1:123456789012:stream/events")]
    public void Parse_OfAKeysText_GivesTheKey(string stream)
    {
        var key = new ShardKey(stream, "shardId-000000000003");

        Assert.Equal(key, ShardKey.Parse(key.ToString()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("events")]
    [InlineData("/shardId-000000000003")]
    [InlineData("events/")]
    [InlineData("no stream/shardId-000000000003")]
    public void Parse_WhenItIsNone_Throws(string text) => Assert.Throws<FormatException>(() => ShardKey.Parse(text));
}
