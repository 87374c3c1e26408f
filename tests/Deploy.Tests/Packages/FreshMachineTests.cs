using System.Text.RegularExpressions;
using Orleans.Kpl.Testing;

namespace Orleans.Kpl.Deploy.Tests.Packages;

/// <summary>
/// Restores and builds the sources as a machine does that has nothing but the SDK: what lies in this machine's folders of packages cannot hide that a
/// package is not to be had, or is another one than that of the same version here.
/// </summary>
[Trait("Category", "Long")]
public sealed partial class FreshMachineTests
{
    /// <summary>NU1301: a source of packages does not answer.</summary>
    private const string NoSource = "NU1301";

    [Fact]
    public async Task Solution_WithAnEmptyFolderOfPackages_BuildsWithoutAWarning()
    {
        var folder = Directory.CreateTempSubdirectory("kpl-fresh-").FullName;
        try
        {
            var sources = await CopySourcesAsync(Path.Combine(folder, "sources"));
            var environment = new Dictionary<string, string>
            {
                ["NUGET_PACKAGES"] = Path.Combine(folder, "packages"),
                ["NUGET_HTTP_CACHE_PATH"] = Path.Combine(folder, "http"),
                ["NUGET_FALLBACK_PACKAGES"] = "",
                ["KPL_ANALYSE"] = "all",
            };
            var (code, text) = await Dotnet.TryAsync("dotnet", sources, environment, "restore", "Orleans.Kpl.sln", "-v", "quiet");
            if (text.Split('\n').FirstOrDefault(static l => l.Contains(NoSource, StringComparison.Ordinal)) is { } unanswered)
                Assert.Skip($"no source of packages answers: {unanswered.Trim()}");
            Assert.True(code == 0, text);

            text = await Dotnet.RunAsync(sources, environment, "build", "Orleans.Kpl.sln", "-c", "Release", "--no-restore", "-v", "quiet", "-clp:NoSummary");
            Assert.DoesNotContain(text.Split('\n'), static l => Warning().IsMatch(l));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [GeneratedRegex(@"\bwarning [A-Z]+[0-9]+\b")]
    private static partial Regex Warning();

    /// <summary>Copies the files that git knows, as they are now.</summary>
    private static async Task<string> CopySourcesAsync(string folder)
    {
        var (code, text) = await Dotnet.TryAsync("git", Checkout.Root, "ls-files", "--cached", "--others", "--exclude-standard");
        Assert.True(code == 0, text);
        foreach (var file in text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(static f => File.Exists(Path.Combine(Checkout.Root, f))))
        {
            var copy = Path.Combine(folder, file);
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(Path.Combine(Checkout.Root, file), copy);
        }

        return folder;
    }
}
