namespace Orleans.Kpl.House.Tests;

public sealed class SizeTests
{
    private const int MostSourceLines = 400;
    private const int MostTestLines = 600;
    private const int MostFilesInFolder = 24;
    private const int DeepestFolder = 2;

    private static readonly string[] ForbiddenFolders = ["Common", "Helpers", "Utils", "Managers", "Core"];

    [Fact]
    public void Sources_StayWithinTheirLines()
    {
        Assert.NotEmpty(Tree.Sources);
        var tooLong = Tree.Sources
            .Select(f => (File: f, Lines: File.ReadLines(Tree.Root + f).Count(), Most: f.StartsWith("tests/", StringComparison.Ordinal)
                ? MostTestLines
                : MostSourceLines))
            .Where(f => f.Lines > f.Most)
            .Select(f => $"{f.File}: {f.Lines} lines, at most {f.Most}");
        Strays.None(tooLong);
    }

    [Fact]
    public void Folders_AreAtMostTwoBelowTheirProject()
    {
        var tooDeep = Tree.Sources
            .Where(f => !f.StartsWith("tests/Shared/", StringComparison.Ordinal))
            .Where(f => f[(Owner(f).Folder.Length + 1)..].Count(c => c == '/') > DeepestFolder);
        Strays.None(tooDeep);
    }

    [Fact]
    public void Folders_AreSplitWhenTheyAreFull()
    {
        var full = Tree.Sources.GroupBy(f => Path.GetDirectoryName(f)).Where(g => g.Count() > MostFilesInFolder).Select(g => $"{g.Key}: {g.Count()} files");
        Strays.None(full);
    }

    [Fact]
    public void Folders_AreCalledByWhatTheyDo() =>
        Strays.None(Tree.Sources.Where(f => Path.GetDirectoryName(f)!.Split('/', '\\').Intersect(ForbiddenFolders).Any()));

    [Fact]
    public void Projects_DoNotLieInsideOneAnother()
    {
        var folders = SourceProject.All.Values.Select(p => p.Folder).ToList();
        Strays.None(folders.Where(f => folders.Any(o => o != f && f.StartsWith(o + "/", StringComparison.Ordinal))));
    }

    private static SourceProject Owner(string file) =>
        SourceProject.All.Values.SingleOrDefault(p => file.StartsWith(p.Folder + "/", StringComparison.Ordinal))
        ?? throw new Xunit.Sdk.XunitException($"{file} belongs to no project");
}
