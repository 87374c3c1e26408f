namespace Orleans.Kpl.House.Tests;

/// <summary>DESIGN.md is a guide that is read from the beginning: it stays short, and its map is the tree.</summary>
public sealed class DesignTests
{
    private const int MostLines = 350;
    private const int MostWords = 20;

    private static readonly MarkdownPage Design = MarkdownPage.Of("DESIGN.md");

    /// <summary>Each project with its folder, and what it may reference; <see cref="FenceTests"/> holds the projects to it.</summary>
    internal static IReadOnlyList<(string Folder, string Project, string MayReference)> FileMap { get; } = Rows();

    [Fact]
    public void Design_IsShort() => Assert.InRange(Design.LineCount, 1, MostLines);

    [Fact]
    public void Words_AreFew() => Assert.InRange(Design.Cells.Count(c => c.Heading == "word"), 1, MostWords);

    [Fact]
    public void Contents_ListEveryChapter()
    {
        var chapters = Tree.Read("DESIGN.md").Split('\n').Where(l => l.StartsWith("## ", StringComparison.Ordinal)).Select(l => l[3..]);
        var listed = Design.Paragraphs.Select(p => MarkdownPage.Plain(p.Text)).ToHashSet();
        Strays.None(chapters.Except(["How to use this document", "Contents"]).Where(c => !listed.Contains(c)));
    }

    [Fact]
    public void FileMap_IsTheTree()
    {
        var folders = FileMap.Select(r => r.Folder).ToList();
        Strays.None(folders.Where(f => !Directory.Exists(Tree.Root + f)));
        Strays.None(SourceProject.All.Values.Where(p => !p.IsTest).Select(p => p.Folder).Except(folders));
    }

    /// <summary>Folders are those of grains/Pipeline, unless they begin with a project, and each type of a step is in one of them.</summary>
    [Fact]
    public void Steps_NameTheFoldersOfTheirTypes()
    {
        var cells = Design.Cells.ToList();
        var steps = cells.Zip(cells.Skip(1)).Where(c => c.First.Heading == "type" && c.Second.Heading == "folder").ToList();
        Assert.NotEmpty(steps);
        Strays.None(
            from step in steps
            let folders = step.Second.Cell.Split(", ").Select(f => Directory.Exists(Tree.Root + f) ? f : "grains/Pipeline/" + f).ToList()
            let types = step.First.Cell.Split(", ").Select(t => t.Trim('`')).ToList()
            from stray in types.Where(t => !folders.Any(f => IsIn(t, f))).Select(t => $"{t} is in none of {step.Second.Cell}")
                .Concat(folders.Where(f => !types.Any(t => IsIn(t, f))).Select(f => $"{f} has none of {step.First.Cell}"))
            select stray);

        // A project is named for all its folders, but for that of the steps.
        static bool IsIn(string type, string folder) => DeclaredType.OfProduct.Where(t => t.Name == type).Select(t => t.Parts[0].File).Any(
            f => Path.GetDirectoryName(f) == folder
                || folder != "grains/Pipeline" && SourceProject.All.Values.Any(p => p.Folder == folder) && f.StartsWith(folder + "/", StringComparison.Ordinal));
    }

    private static List<(string Folder, string Project, string MayReference)> Rows()
    {
        var cells = Design.Cells.ToList();
        var rows = new List<(string, string, string)>();
        for (var i = 0; i + 3 < cells.Count; i++)
        {
            if (cells[i].Heading == "folder" && cells[i + 1].Heading == "project")
                rows.Add((cells[i].Cell, cells[i + 1].Cell, cells[i + 3].Cell));
        }

        Assert.NotEmpty(rows);
        return rows;
    }
}
