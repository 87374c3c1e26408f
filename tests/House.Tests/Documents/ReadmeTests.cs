using System.Text.RegularExpressions;

namespace Orleans.Kpl.House.Tests;

public sealed class ReadmeTests
{
    private static readonly Regex Ticked = new(@"^✓ `(?<test>[A-Za-z0-9]+Tests)`(?:, `(?<test>[A-Za-z0-9]+Tests)`)*$");
    /// <summary>What lies beside the clone is the reader's own.</summary>
    private static readonly Regex ProjectArgument = new(@"--project\s+(?!\.\./)([A-Za-z0-9_./-]+)");

    [Fact]
    public void Readme_StartsWithTheTwoCommands()
    {
        var start = string.Join('\n', Tree.Read("README.md").Split('\n').Take(30));
        Assert.Contains("dotnet run -c Release --project deploy/local", start, StringComparison.Ordinal);
        Assert.Contains("tests/run", start, StringComparison.Ordinal);
    }

    [Fact]
    public void Readme_RunsOnlyProjectsThatExist()
    {
        var projects = ProjectArgument.Matches(Tree.Read("README.md")).Select(m => m.Groups[1].Value).Distinct().ToList();
        Assert.NotEmpty(projects);
        Strays.None(projects.Where(p => !Directory.Exists(Tree.Root + p) || Directory.GetFiles(Tree.Root + p, "*.csproj").Length != 1));
    }

    /// <summary>Each row of the comparison says of ours either what is missing, or which test shows it.</summary>
    [Fact]
    public void Readme_WhereItCompares_NamesATestForEachTickOfOurs()
    {
        var rows = Tree.Read("README.md").Split("## How it compares")[1].Split("\n## ")[0].Split('\n').Where(static l => l.StartsWith("| ", StringComparison.Ordinal))
            .Skip(1).Select(static l => l.Split('|')[2].Trim()).ToList();
        Assert.True(rows.Count >= 15, $"{rows.Count} rows");
        Strays.None(rows.Where(static r => r.Contains('✓') && !NamesTests(r)));
    }

    /// <summary>docs/comparison.md has a row for each ✓ and ~ of others, in the same words. Its rows may be of several products and several lines.</summary>
    [Fact]
    public void Readme_WhereItCompares_HasASourceForEachCellOfOthers()
    {
        var table = Table("README.md", "## How it compares");
        var sources = Table("docs/comparison.md", "# Where the comparison comes from").Skip(1).ToList();
        for (var column = 2; column < table[0].Length; column++)
        {
            var whose = table[0][column];
            var (said, shown) = (
                table.Skip(1).Select(r => r[column]).Where(static c => c != "–").Order(StringComparer.Ordinal),
                from row in sources
                where row[2] != "–" && row[0].Split(", ").Any(w => whose == w || whose.StartsWith(w + " ", StringComparison.Ordinal))
                from line in row[1].Split(", ")
                select row[2]);
            Assert.Equal(said, shown.Order(StringComparer.Ordinal));
        }
    }

    /// <summary>What is reference goes to docs.</summary>
    [Fact]
    public void Readme_HasFewerThan250Lines() => Assert.InRange(Tree.Read("README.md").TrimEnd('\n').Split('\n').Length, 100, 249);

    [Theory]
    [InlineData("tests/run")]
    [InlineData(".ci/run")]
    public void Scripts_CanBeRun(string script)
    {
        Assert.StartsWith("#!/usr/bin/env bash\n", Tree.Read(script), StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows())
            Assert.True(File.GetUnixFileMode(Tree.Root + script).HasFlag(UnixFileMode.UserExecute));
    }

    [Fact]
    public void Ci_RunsTheTestCommand() => Assert.Contains("tests/run", Tree.Read(".ci/run"), StringComparison.Ordinal);

    /// <summary>The cells of each row of a chapter's table, its heading first.</summary>
    private static List<string[]> Table(string file, string chapter) => [
        .. Tree.Read(file).Split(chapter + "\n")[1].Split("\n## ")[0].Split('\n').Where(static l => l.StartsWith("| ", StringComparison.Ordinal))
            .Select(static l => l.Trim().Trim('|').Split('|').Select(static c => c.Trim()).ToArray())];

    private static bool IsTest(string type) =>
        Tree.Sources.Any(f => f.StartsWith("tests/", StringComparison.Ordinal) && f.EndsWith($"/{type}.cs", StringComparison.Ordinal)
            && Tree.Read(f) is var text && (text.Contains("Fact", StringComparison.Ordinal) || text.Contains("Theory", StringComparison.Ordinal)));

    private static bool NamesTests(string cell) =>
        Ticked.Match(cell) is { Success: true } match && match.Groups["test"].Captures.All(static c => IsTest(c.Value));
}
