using System.Diagnostics;
using System.IO.Compression;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Orleans.Kpl.Testing;

namespace Orleans.Kpl.Deploy.Tests.Packages;

/// <summary>The packages as a user gets them, packed into a folder.</summary>
[Trait("Category", "Long")]
public sealed class PackTests : IDisposable
{
    /// <summary>The programs' packages that need no Orleans, and what they stand on.</summary>
    private static readonly string[] Projects =
    [
        "interfaces/Abstractions", "grains/Pipeline", "grains/Scaling", "grains/Adapters", "grains/Aws", "client/Producer", "silo/Http", "deploy/local-kinesis",
        "client/Testing", "client/Cli",
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("kpl-pack-").FullName;

    private static string Version { get; } =
        Regex.Match(File.ReadAllText(Path.Combine(Checkout.Root, "Directory.Build.props")), "<Version>(.+)</Version>").Groups[1].Value;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Packages_SayWhatTheyAreAndFitTogetherAlone()
    {
        foreach (var project in Projects)
            await RunAsync(Checkout.Root, "pack", project, "-c", "Release", "--no-build", "-o", _folder, "-v", "quiet");

        var packages = Directory.GetFiles(_folder, "*.nupkg");
        Assert.Equal(Projects.Length, packages.Length);
        Assert.All(packages, AssertDescribed);
        Assert.Equal(Projects.Length - 1, Directory.GetFiles(_folder, "*.snupkg").Length);
    }

    private static void AssertDescribed(string package)
    {
        using var zip = ZipFile.OpenRead(package);
        using var stream = zip.Entries.Single(static e => e.FullName.EndsWith(".nuspec", StringComparison.Ordinal)).Open();
        var metadata = XDocument.Load(stream).Root!.Elements().Single(static e => e.Name.LocalName == "metadata");
        string? Text(string name) => metadata.Elements().SingleOrDefault(e => e.Name.LocalName == name)?.Value;
        Assert.Equal(("README.md", "Apache-2.0"), (Text("readme"), Text("license")));
        Assert.NotNull(zip.GetEntry("README.md"));
        Assert.Contains("kinesis", Text("tags")!, StringComparison.Ordinal);
        var ours = metadata.Descendants().Where(static e => e.Name.LocalName == "dependency")
            .Where(static e => e.Attribute("id")!.Value.StartsWith("Orleans.Kpl", StringComparison.Ordinal)).ToList();
        Assert.All(ours, static d => Assert.Equal($"[{Version}]", d.Attribute("version")!.Value));
        if (Text("id") == "Orleans.Kpl")
            Assert.Equal(5, ours.Count);
    }

    private static async Task<string> RunAsync(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, $"dotnet {string.Join(' ', arguments)}: {output}{await error}");
        return output;
    }
}
