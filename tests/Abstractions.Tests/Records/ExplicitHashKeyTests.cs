namespace Orleans.Kpl.Abstractions.Tests.Records;

public sealed class ExplicitHashKeyTests
{
    [Theory]
    [InlineData("0", "0")]
    [InlineData(" +007 ", "7")]
    [InlineData("340282366920938463463374607431768211455", "340282366920938463463374607431768211455")]
    public void Parse_WhenInRange_ReadsTheNumber(string text, string number) =>
        Assert.Equal(UInt128.Parse(number, System.Globalization.CultureInfo.InvariantCulture), ExplicitHashKey.Parse(text));

    [Theory]
    [InlineData("-1", "between 0 and")]
    [InlineData("340282366920938463463374607431768211456", "between 0 and")]
    [InlineData("", "whole number")]
    [InlineData("12a", "whole number")]
    [InlineData("1.5", "whole number")]
    public void Parse_WhenItIsNone_SaysWhy(string text, string reason)
    {
        var thrown = Assert.Throws<RecordValidationException>(() => ExplicitHashKey.Parse(text));

        Assert.Equal(RecordErrorCodes.InvalidExplicitHashKey, thrown.Code);
        Assert.Contains(reason, thrown.Message, StringComparison.Ordinal);
    }

    /// <summary>A header that is not there broke the request with a NullReferenceException.</summary>
    [Fact]
    public void TryParse_OfNull_SaysWhyNot()
    {
        Assert.False(ExplicitHashKey.TryParse(null!, out _, out var error));
        Assert.Contains("whole number", error, StringComparison.Ordinal);
    }
}
