using Orleans.Kpl.Deploy.Tests.Packages;

namespace Orleans.Kpl.Cluster.Tests.Upgrades;

/// <summary>What was public in the packages of the older build still is: the SDK compares them when ours are packed.</summary>
[Trait("Category", "Long")]
[Collection(OlderBuildTests.Name)]
public sealed class BaselineTests(OlderBuild older)
{
    /// <summary>The packages that a silo is made of: building it has built them.</summary>
    private static readonly string[] Projects = ["interfaces/Abstractions", "interfaces/Contracts", "client/Producer", "grains/Grains", "silo/Http"];

    [Fact]
    public async Task Packages_HaveWhatTheOlderBuildsHad()
    {
        await older.MakeAsync();
        using var folder = new TemporaryFolder();
        var baseline = Path.Combine(folder.Path, "older");
        foreach (var project in Projects)
            await Dotnet.RunAsync(older.Sources, "pack", project, "-c", "Release", "--no-build", "-o", baseline, "-v", "quiet");
        Assert.Equal(Projects.Length, Directory.GetFiles(baseline, "*.nupkg").Length);
        foreach (var project in Projects)
        {
            await Dotnet.RunAsync(
                Checkout.Root, "pack", project, "-c", Dotnet.Configuration, "--no-build", "-o", Path.Combine(folder.Path, "here"), "-v", "quiet",
                $"-p:KplBaseline={baseline}", $"-p:KplBaselineVersion={VersionOf(baseline)}");
        }
    }

    private static string VersionOf(string baseline) =>
        Path.GetFileNameWithoutExtension(Directory.GetFiles(baseline, "Orleans.Kpl.Abstractions.*.nupkg").Single())["Orleans.Kpl.Abstractions.".Length..];
}
