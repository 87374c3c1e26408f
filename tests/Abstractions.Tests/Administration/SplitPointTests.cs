namespace Orleans.Kpl.Abstractions.Tests.Administration;

public class SplitPointTests
{
    public static TheoryData<string, SplitPoint> Texts => new()
    {
        { "weighted", SplitPoint.MedianOfLoad },
        { "middle", SplitPoint.Middle },
        { "0", SplitPoint.At(0) },
        { "340282366920938463463374607431768211455", SplitPoint.At(UInt128.MaxValue) },
    };

    [Theory]
    [MemberData(nameof(Texts))]
    public void TryParse_OfItsOwnText_GivesThePoint(string text, SplitPoint expected)
    {
        Assert.Equal(text, expected.ToString());
        Assert.True(SplitPoint.TryParse(text, out var point));
        Assert.Equal(expected, point);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void TryParse_OfNothing_GivesTheMedianOfLoad(string? text)
    {
        Assert.True(SplitPoint.TryParse(text, out var point));
        Assert.Equal(SplitPoint.MedianOfLoad, point);
        Assert.Equal(default, point);
    }

    [Theory]
    [InlineData("left")]
    [InlineData("Middle")]
    [InlineData("-1")]
    [InlineData(" 1")]
    [InlineData("340282366920938463463374607431768211456")]
    public void TryParse_OfAnotherText_IsFalse(string text)
    {
        Assert.False(SplitPoint.TryParse(text, out _));
        Assert.Equal(StreamManagerErrorCodes.KeyOutsideRange, Assert.Throws<StreamManagerException>(() => SplitPoint.Parse(text)).Code);
    }
}
