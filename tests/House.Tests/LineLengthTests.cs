using System.Text.RegularExpressions;

namespace Orleans.Kpl.House.Tests;

/// <summary>Lines of code end where .editorconfig says.</summary>
public sealed class LineLengthTests
{
    private static readonly Regex RawQuotes = new("\"{3,}");
    private static readonly Regex LongText = new(@"""""""(?:(?!"""""").){40,}""""""|""(?:\\.|[^""\\]){40,}""");
    private const int MostCharacters = 160;

    [Fact]
    public void Lines_StayWithinTheirLength() => Strays.None(Tree.Sources.SelectMany(TooLong));

    [Fact]
    public void EditorConfig_HasThisLength() =>
        Assert.Contains($"max_line_length = {MostCharacters}\n", Tree.Read(".editorconfig"), StringComparison.Ordinal);

    [Theory]
    [InlineData(161, 0, true)]
    [InlineData(160, 0, false)]
    [InlineData(10, 151, false)]
    [InlineData(161, 100, true)]
    public void Line_CountsWithoutItsLongTexts(int code, int text, bool isTooLong) =>
        Assert.Equal(isTooLong, IsTooLong(new string('x', code - 2) + $"\"{new string('y', text)}\""));

    /// <summary>What lies inside a raw text of several lines is data.</summary>
    private static IEnumerable<string> TooLong(string file)
    {
        var isText = false;
        foreach (var (index, line) in File.ReadLines(Tree.Root + file).Index())
        {
            var quotes = RawQuotes.Count(line);
            if (!isText && quotes % 2 == 0 && IsTooLong(line))
                yield return $"{file}:{index + 1}: {line.Length} characters";
            isText ^= quotes % 2 == 1;
        }
    }

    /// <summary>A message or an example is one text, to be found when searched for, however long it is.</summary>
    private static bool IsTooLong(string line) => line.Length > MostCharacters && LongText.Replace(line, "\"\"").Length > MostCharacters;
}
