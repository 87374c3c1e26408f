using Orleans.Kpl.Settings;

namespace Orleans.Kpl.Abstractions.Tests.Properties;

/// <summary>The grammar as <c>java.util.Properties.load</c> documents it.</summary>
public class JavaPropertiesTests
{
    [Theory]
    [InlineData("a=b", "a", "b")]
    [InlineData("a:b", "a", "b")]
    [InlineData("a b", "a", "b")]
    [InlineData("a\tb", "a", "b")]
    [InlineData(" \t\fa = b", "a", "b")]
    [InlineData("a  :  b c ", "a", "b c ")]
    [InlineData("a = = b", "a", "= b")]
    [InlineData("a==b", "a", "=b")]
    [InlineData("a", "a", "")]
    [InlineData("a=", "a", "")]
    [InlineData("=b", "", "b")]
    [InlineData("a\\=b=c", "a=b", "c")]
    [InlineData("a\\ b:c", "a b", "c")]
    [InlineData("a=b#c!d", "a", "b#c!d")]
    [InlineData("a=\\ b", "a", " b")]
    [InlineData("a=b\\tc\\nd\\re\\ff", "a", "b\tc\nd\re\ff")]
    [InlineData("a=\\b\\z\\\"", "a", "bz\"")]
    [InlineData("a=C:\\\\kpl", "a", "C:\\kpl")]
    [InlineData("\\u0061=\\u00e4\\uD83D\\uDE00", "a", "ä😀")]
    [InlineData("a=b\\", "a", "b")]
    [InlineData("a=b\\\\", "a", "b\\")]
    [InlineData("a=b,\\\n   c,\\\r\n\t d", "a", "b,c,d")]
    [InlineData("a=b\\\r# c", "a", "b# c")]
    [InlineData("a=b\\\n\n", "a", "b")]
    [InlineData("a\\\n=b", "a", "b")]
    [InlineData("# x\\\na=b", "a", "b")]
    [InlineData("\n \t\n  # x\n ! y\r\n\ra=b\n\n", "a", "b")]
    [InlineData("\\\na=b", "a", "b")]
    public void Read_OneCase_IsAsInJava(string text, string key, string value)
    {
        var pair = Assert.Single(Read(text));
        Assert.Equal((key, value), (pair.Key, pair.Value));
    }

    [Theory]
    [InlineData("")]
    [InlineData("# only\n! comments\n\n  \t\f\n")]
    [InlineData("\\")]
    [InlineData("\\\n\\\n")]
    public void Read_WithoutPairs_GivesNone(string text) => Assert.Empty(Read(text));

    [Fact]
    public void Read_SeveralPairs_AreInTheirOrderWithTheLinesWhereTheyBegin() =>
        Assert.Equal(
            [new(2, "a", "1"), new(3, "b", "23"), new(5, "a", "4")],
            Read("# c\na=1\nb=2\\\n3\na 4"));

    [Theory]
    [InlineData("ok=1\na=\\u12")]
    [InlineData("ok=1\na=\\u12g4")]
    [InlineData("ok=1\n\\u=b")]
    public void Read_ACharacterWithoutFourDigits_TellsItsLineAndReadsTheRest(string text)
    {
        var errors = new List<string>();
        Assert.Equal("ok", Assert.Single(JavaProperties.Read(text + "x\n", errors)).Key);
        Assert.Equal(["line 2 has \\u without four hexadecimal digits behind it"], errors);
    }

    private static IReadOnlyList<JavaProperty> Read(string text)
    {
        var errors = new List<string>();
        var read = JavaProperties.Read(text, errors);
        Assert.Empty(errors);
        return read;
    }
}
