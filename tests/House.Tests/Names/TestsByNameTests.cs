using System.Text.RegularExpressions;

namespace Orleans.Kpl.House.Tests;

/// <summary>Whoever opens a large type finds what tests it by searching for its name.</summary>
public sealed class TestsByNameTests
{
    private static readonly Regex TestsRemark = new(@"^/// <remarks>Tests .*", RegexOptions.Multiline);
    private static readonly Regex Reference = new(@"cref=""(?:\w+\.)*(\w+)""");
    private static readonly Regex Word = new(@"\w+");
    private const int LargeLines = 100;
    private const int MostUnnamed = 20;

    [Fact]
    public void LargeTypes_AreNamedInATest()
    {
        var words = Tree.Sources
            .Where(f => f.StartsWith("tests/", StringComparison.Ordinal) && !f.StartsWith("tests/Benchmarks/", StringComparison.Ordinal))
            .SelectMany(f => WordsOf(Tree.Read(f)))
            .ToHashSet();
        var unnamed = DeclaredType.OfProduct
            .Where(t => t.Lines >= LargeLines && !words.Contains(t.Name) && !words.Contains(t.Name + "Tests") && !words.Contains(t.Name + "Properties"))
            .OrderByDescending(t => t.Lines)
            .Select(t => $"{t.Lines} lines: {t}")
            .ToList();
        Assert.True(unnamed.Count <= MostUnnamed, $"{unnamed.Count} types of {LargeLines} lines are named in no test, at most {MostUnnamed}:\n{string.Join('\n', unnamed)}");
    }

    /// <summary>Where a class tests types of other names, its remarks name them.</summary>
    [Fact]
    public void TypesThatRemarksName_Exist()
    {
        var types = DeclaredType.OfProduct.Select(t => t.Name).ToHashSet();
        var found = from file in Tree.Sources
                    where file.StartsWith("tests/", StringComparison.Ordinal)
                    from Match remark in TestsRemark.Matches(Tree.Read(file))
                    from Match name in Reference.Matches(remark.Value)
                    where !types.Contains(name.Groups[1].Value)
                    select $"{file}: {name.Groups[1].Value}";
        Strays.None(found);
    }

    private static IEnumerable<string> WordsOf(string text) => Word.Matches(text).Select(m => m.Value);
}
