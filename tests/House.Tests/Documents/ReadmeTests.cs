using System.Text.RegularExpressions;

namespace Orleans.Kpl.House.Tests;

public sealed partial class ReadmeTests
{
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
        var projects = ProjectArgument().Matches(Tree.Read("README.md")).Select(m => m.Groups[1].Value).Distinct().ToList();
        Assert.NotEmpty(projects);
        Strays.None(projects.Where(p => !Directory.Exists(Tree.Root + p) || Directory.GetFiles(Tree.Root + p, "*.csproj").Length != 1));
    }

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

    [GeneratedRegex(@"--project\s+([A-Za-z0-9_./-]+)")]
    private static partial Regex ProjectArgument();
}
