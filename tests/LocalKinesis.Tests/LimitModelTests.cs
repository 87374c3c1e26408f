namespace Orleans.Kpl.LocalKinesis.Tests;

public class LimitModelTests
{
    [Theory]
    [InlineData("bucket:1000")]
    [InlineData("bucket:1")]
    [InlineData("window:250")]
    [InlineData("none")]
    public void Parse_WhenWellFormed_ReadsWhatToStringWrites(string text) => Assert.Equal(text, LimitModel.Parse(text).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("bucket")]
    [InlineData("bucket:")]
    [InlineData("bucket:0")]
    [InlineData("bucket:-1")]
    [InlineData("bucket:1.5")]
    [InlineData("bucket:3600001")]
    [InlineData("Window:10")]
    [InlineData("pail:10")]
    public void Parse_WhenNot_NamesTheText(string text) =>
        Assert.Contains($"'{text}'", Assert.Throws<FormatException>(() => LimitModel.Parse(text)).Message, StringComparison.Ordinal);
}
