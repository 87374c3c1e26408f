using Orleans.Kpl.Lanes;

namespace Orleans.Kpl.Contracts.Tests.Lanes;

public sealed class LaneKeyTests
{
    [Theory]
    [InlineData("events")]
    [InlineData("arn:aws:kinesis:eu-west-1:123456789012:stream/events")]
    public void Parse_OfAKeysText_GivesTheKey(string stream) => Assert.Equal(new LaneKey(12, stream), LaneKey.Parse(new LaneKey(12, stream).ToString()));

    [Theory]
    [InlineData("")]
    [InlineData("events")]
    [InlineData("/events")]
    [InlineData("-1/events")]
    [InlineData("x/events")]
    public void Parse_WhenItIsNone_Throws(string text) => Assert.Throws<FormatException>(() => LaneKey.Parse(text));
}
