using System.Text.RegularExpressions;

namespace Orleans.Kpl.House.Tests;

/// <summary>What the documents name must be there: types, members, tests, folders and files.</summary>
public sealed class NamesTests
{
    private static readonly Regex Word = new(@"\w+");
    private static readonly Regex TypeDeclaration = new(@"\b(?:class|struct|record|interface|enum)\s+([A-Z]\w*)");
    /// <summary>One identifier with a small letter, or several with dots, and what it is called with.</summary>
    private static readonly Regex Name = new(@"^\[?((?=\w*[a-z])[A-Z][A-Za-z0-9]*(?:\.[A-Z][A-Za-z0-9]*)*)(?:\(.*\))?\]?$");
    private static readonly Regex TestName = new(@"^([A-Z]\w+(?:Tests|Properties|Suite))(?:\.(\w+)…?)?$");
    private static readonly Regex SourcePath = new(@"^(?:client|deploy|docs|grains|interfaces|silo|tests)/[\w./-]+$");
    private static readonly string[] Sources = [.. Tree.Sources.Where(f => !f.StartsWith("tests/House.Tests/", StringComparison.Ordinal)).Select(Tree.Read)];

    /// <summary>Every word of the sources, of texts and comments too: settings and codes of others stand there.</summary>
    private static readonly HashSet<string> SourceWords = [.. Sources.SelectMany(s => Word.Matches(s)).Select(m => m.Value)];

    private static readonly HashSet<string> Types = [
        .. Tree.Sources.Select(Tree.Read).SelectMany(s => TypeDeclaration.Matches(s)).Select(m => m.Groups[1].Value)];

    private static readonly ILookup<string, string> TestClasses = Tree.Sources
        .Where(f => f.StartsWith("tests/", StringComparison.Ordinal))
        .ToLookup(f => Path.GetFileNameWithoutExtension(f), Tree.Read);

    /// <summary>Columns of names that others gave.</summary>
    private static readonly HashSet<string> Theirs = ["aiokpl", "Darkseid", "KPL", "field"];

    [Fact]
    public void Types_InColumnsOfThatName_AreDeclared() =>
        Strays.None(
            from page in MarkdownPage.All
            from cell in page.Cells
            where cell.Heading == "type"
            from name in MarkdownPage.CodeIn(cell.Cell)
            where !Types.Contains(name)
            select $"{page.File}: {name}");

    [Fact]
    public void Names_StandInTheCode() =>
        Strays.None((
            from page in MarkdownPage.All
            let theirs = page.Cells.Where(c => Theirs.Contains(c.Heading)).SelectMany(c => MarkdownPage.CodeIn(c.Cell)).ToHashSet()
            from code in page.Code
            let name = Name.Match(code)
            where name.Success && !TestName.IsMatch(code) && !theirs.Contains(code)
            from part in name.Groups[1].Value.Split('.')
            where !SourceWords.Contains(part)
            select $"{page.File}: {code}").Distinct());

    /// <summary>
    /// A method may be named by its beginning, with an ellipsis. A class may have a namesake until its name is unique: then one has the method.
    /// </summary>
    [Fact]
    public void Tests_AreThere()
    {
        var named = from page in MarkdownPage.All
                    from code in page.Code
                    let name = TestName.Match(code)
                    where name.Success
                    select (page.File, Code: code, Class: name.Groups[1].Value, Method: name.Groups[2].Value);
        Assert.NotEmpty(named);
        Strays.None(named.Where(n => !TestClasses[n.Class].Any(s => Regex.IsMatch(s, $@"\b{Regex.Escape(n.Method)}"))).Select(n => $"{n.File}: {n.Code}")
            .Distinct());
    }

    [Fact]
    public void Paths_AreThere() =>
        Strays.None((
            from page in MarkdownPage.All
            from path in page.Code.Concat(page.Cells.Where(c => c.Heading == "folder").Select(c => FolderOf(c.Cell)))
            where SourcePath.IsMatch(path) && !Path.Exists(Tree.Root + path)
            select $"{page.File}: {path}").Distinct());

    /// <summary>In the table of a record's way, a folder without a project is one of the pipeline's.</summary>
    private static string FolderOf(string cell) => cell.Contains('/', StringComparison.Ordinal) ? cell : "grains/Pipeline/" + cell;
}
