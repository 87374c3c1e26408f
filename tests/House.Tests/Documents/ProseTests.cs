using System.Text.RegularExpressions;

namespace Orleans.Kpl.House.Tests;

/// <summary>The documents are read by strangers: what is long is taken apart, into sentences, lists and tables.</summary>
/// <remarks>
/// Tables and code have no limit. A word is what stands between spaces and has a letter or a digit; a piece of code is one word, a link its own
/// words. A sentence ends at a full stop, a question mark or an exclamation mark, before a space and a capital, a digit or an opening mark, or at
/// the end of its paragraph.
/// </remarks>
public sealed class ProseTests
{
    private static readonly Regex SentenceEnd = new("""(?<=[.!?]["”)]?)\s+(?=["“(]?[\p{Lu}\p{N}])""");
    private const int MostWordsInParagraph = 90;
    private const int MostWordsInSentence = 35;
    private const int MostCharactersInLine = 120;

    [Fact]
    public void Paragraphs_AreShort() =>
        Strays.None(
            from page in MarkdownPage.All
            from paragraph in page.Paragraphs
            let words = Words(MarkdownPage.Plain(paragraph.Text))
            where words > MostWordsInParagraph
            select $"{page.File}:{paragraph.Number}: {words} words, at most {MostWordsInParagraph}");

    [Fact]
    public void Sentences_AreShort() =>
        Strays.None(
            from page in MarkdownPage.All
            from paragraph in page.Paragraphs
            from sentence in SentenceEnd.Split(MarkdownPage.Plain(paragraph.Text))
            let words = Words(sentence)
            where words > MostWordsInSentence
            select $"{page.File}:{paragraph.Number}: {words} words, at most {MostWordsInSentence}: {sentence}");

    [Fact]
    public void Lines_AreWrapped() =>
        Strays.None(
            from page in MarkdownPage.All
            from line in page.TextLines
            where line.Text.Length > MostCharactersInLine
            select $"{page.File}:{line.Number}: {line.Text.Length} characters, at most {MostCharactersInLine}");

    /// <summary>A blank line in a table made text with bars of all rows below it.</summary>
    [Fact]
    public void Tables_EachHaveTheirHead() =>
        Strays.None(from page in MarkdownPage.Everywhere from number in page.TablesWithoutHead select $"{page.File}:{number}");

    private static int Words(string text) => text.Split(' ').Count(w => w.Any(char.IsLetterOrDigit));
}
