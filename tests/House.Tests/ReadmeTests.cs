using System.Text.Json;
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

    [Fact]
    public void Documents_LinkToFilesThatExist()
    {
        var dead = from file in Tree.Files
                   where file.EndsWith(".md", StringComparison.Ordinal)
                   from Match link in MarkdownLink().Matches(Tree.Read(file))
                   let target = link.Groups[1].Value
                   where !target.Contains(':') && !Path.Exists(Path.Combine(Tree.Root, Path.GetDirectoryName(file)!, target))
                   select $"{file} -> {target}";
        Strays.None(dead);
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

    [Fact]
    public void Dependencies_EachHaveTheirLineInDesign()
    {
        var design = Tree.Read("DESIGN.md");
        var packages = PackageVersion().Matches(Tree.Read("Directory.Packages.props")).Select(m => m.Groups[1].Value);
        // Microsoft.Extensions.* share one line.
        var unnamed = packages.Where(p => !p.StartsWith("Microsoft.Extensions.", StringComparison.Ordinal) && !design.Contains(p, StringComparison.Ordinal));
        Strays.None(unnamed);

        using var npm = JsonDocument.Parse(Tree.Read("tests/stand-ins/package.json"));
        Strays.None(npm.RootElement.GetProperty("dependencies").EnumerateObject().Select(d => d.Name).Where(n => !design.Contains(n, StringComparison.Ordinal)));
    }

    [GeneratedRegex(@"--project\s+([A-Za-z0-9_./-]+)")]
    private static partial Regex ProjectArgument();

    [GeneratedRegex(@"\]\(([^)#\s]+)(?:#[^)]*)?\)")]
    private static partial Regex MarkdownLink();

    [GeneratedRegex(@"PackageVersion Include=""([^""]+)""")]
    private static partial Regex PackageVersion();
}
