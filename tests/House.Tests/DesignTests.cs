using System.Text.RegularExpressions;

namespace Orleans.Kpl.House.Tests;

/// <summary>What DESIGN.md says of tests and folders must be there.</summary>
public sealed partial class DesignTests
{
    private static readonly string Design = Tree.Read("DESIGN.md");

    private static readonly Dictionary<string, string> TestClasses = Tree.Sources
        .Where(f => f.StartsWith("tests/", StringComparison.Ordinal))
        .GroupBy(f => Path.GetFileNameWithoutExtension(f))
        .ToDictionary(g => g.Key, g => string.Concat(g.Select(Tree.Read)));

    [Fact]
    public void Tests_NamedInDesign_Exist()
    {
        var named = TestName().Matches(Design);
        Assert.NotEmpty(named);
        Strays.None(named.Where(m => !Exists(m.Groups[1].Value, m.Groups[2].Value)).Select(m => m.Value));
    }

    [Fact]
    public void Folders_NamedInTheFileMap_Exist()
    {
        var start = Design.IndexOf("## File map", StringComparison.Ordinal);
        var map = Design[start..Design.IndexOf("\n## ", start + 1, StringComparison.Ordinal)];
        var folders = FirstCell().Matches(map).Select(m => m.Groups[1].Value).ToList();
        Strays.None(folders.Where(f => !Directory.Exists(Tree.Root + f)));
        Strays.None(SourceProject.All.Values.Select(p => p.Folder).Where(f => !folders.Contains(f) && !f.StartsWith("tests/", StringComparison.Ordinal)));
    }

    /// <summary>A method may be named by its beginning, with an ellipsis.</summary>
    private static bool Exists(string type, string method) =>
        TestClasses.TryGetValue(type, out var source) && Regex.IsMatch(source, $@"\b{Regex.Escape(method.TrimStart('.').TrimEnd('…'))}");

    [GeneratedRegex(@"`([A-Z]\w+(?:Tests|Properties))(\.\w+…?)?`")]
    private static partial Regex TestName();

    [GeneratedRegex(@"^\| ((?!folder)[a-z][A-Za-z/-]*) \|", RegexOptions.Multiline)]
    private static partial Regex FirstCell();
}
