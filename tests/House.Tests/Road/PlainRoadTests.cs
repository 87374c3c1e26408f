using System.Text;

namespace Orleans.Kpl.House.Tests.Road;

/// <summary>How much somebody must read who follows one record. The list is written to <c>artifacts/plain-path.txt</c>.</summary>
public sealed class PlainRoadTests
{
    // At most 33 files and 5,000 lines were the goal. Both figures may only fall: lower them with every file that leaves the road. They rose once, by 8
    // lines: a wall clock that is set was told wrongly.
    private const int MostFiles = 30;
    private const int MostLines = 4_203;

    // The goal of the folder itself: 25 files and 3,500 lines. What a record meets beside it is shared with others.
    private const int MostFilesOfFolder = 24;
    private const int MostLinesOfFolder = 3_500;

    /// <summary>The steps of a record's way. What a step stands on follows them.</summary>
    private static readonly string[] Steps =
    [
        "client/Producer", "grains/Pipeline", "grains/Pipeline/Road", "grains/Pipeline/Road/Accepting", "grains/Pipeline/Road/Promising",
        "grains/Pipeline/Road/Routing", "grains/Pipeline/Road/Aggregating", "grains/Pipeline/Road/Limiting", "grains/Pipeline/Road/Collecting",
        "grains/Pipeline/Road/Sending", "grains/Pipeline/Road/Judging", "grains/Pipeline/Road/Outcomes",
    ];

    [Fact]
    public void Road_OfOneRecord_OnlyGetsShorter()
    {
        var walk = new RoadWalk();
        var files = walk.Files.OrderBy(StepOf).ThenBy(f => f, StringComparer.Ordinal).Select(f => (File: f, Lines: LinesOf(f))).ToList();
        Directory.CreateDirectory(Tree.Root + "artifacts");
        File.WriteAllText(Tree.Root + "artifacts/plain-path.txt", Page(files, walk.Listed));

        Assert.Contains(files, f => f.File.EndsWith("/RecordCompleter.cs", StringComparison.Ordinal));
        Assert.InRange(files.Count, 1, MostFiles);
        Assert.InRange(files.Sum(f => f.Lines), 1, MostLines);
        Assert.True(files.Count == MostFiles, $"the road has {files.Count} files now: lower MostFiles from {MostFiles}");
    }

    [Fact]
    public void Folder_OfTheRoad_OnlyGetsShorter()
    {
        var files = RoadSources.Files.Where(static f => f.StartsWith("grains/Pipeline/Road/", StringComparison.Ordinal)).ToList();

        Assert.InRange(files.Count, 1, MostFilesOfFolder);
        Assert.InRange(files.Sum(LinesOf), 1, MostLinesOfFolder);
    }

    private static string Page(List<(string File, int Lines)> files, IEnumerable<string> listed)
    {
        var page = new StringBuilder($"{files.Count} files, {files.Sum(f => f.Lines)} lines\n");
        foreach (var (file, lines) in files)
            page.Append($"{lines,5} {file}\n");
        foreach (var file in listed)
            page.Append($"    – {file}\n");
        return page.ToString();
    }

    private static int StepOf(string file) => Array.IndexOf(Steps, Path.GetDirectoryName(file)!.Replace('\\', '/')) is >= 0 and var step ? step : Steps.Length;

    private static int LinesOf(string file) => File.ReadLines(Tree.Root + file).Count();
}
