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

    /// <summary>Of a process that was killed another one repeats what depends on the order of a table.</summary>
    [Fact]
    public void HashCode_IsTheSameInEveryProcess() => Assert.Equal(-1_463_000_988, new ShardKey("events", "shardId-000000000003").GetHashCode());

    [Theory]
    [InlineData("")]
    [InlineData("events")]
    [InlineData("/shardId-000000000003")]
    [InlineData("events/")]
    [InlineData("no stream/shardId-000000000003")]
    public void Parse_WhenItIsNone_Throws(string text) => Assert.Throws<FormatException>(() => ShardKey.Parse(text));
}
