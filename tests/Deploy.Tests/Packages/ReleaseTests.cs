using System.IO.Compression;
using System.Reflection.Metadata;
using System.Security.Cryptography;
using System.Text;

namespace Orleans.Kpl.Deploy.Tests.Packages;

/// <summary>The packages as the release builds them: from a clone, with a remote.</summary>
[Trait("Category", "Long")]
public sealed class ReleaseTests : IDisposable
{
    private static readonly Guid SourceLink = new("CC110556-A091-4D38-9FEC-25AB9A351A6A");

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task Packages_PackedFromTwoClones_AreEqual_AndTheirSymbolsNameTheSources()
    {
        Assert.SkipUnless(await HasGitAsync(), "git is not installed");
        string[] packed = [Path.Combine(_folder.Path, "one"), Path.Combine(_folder.Path, "two")];
        List<string> commits = [];
        foreach (var folder in packed)
        {
            using var sources = await SourceCopy.CreateAsync(Path.GetFileName(folder) + new string('x', packed.IndexOf(folder) * 9));
            foreach (var project in new[] { "interfaces/Abstractions", "client/Producer" })
                await sources.PackAsync(project, folder);
            commits.Add(await sources.CommitAsync());
        }

        var files = Directory.GetFiles(packed[0]).Select(f => Path.GetFileName(f)!).Order().ToList();
        Assert.Equal(4, files.Count);
        Assert.Equal(commits[0], commits[1]);
        foreach (var file in files)
            Assert.Equal(await EntriesOfAsync(Path.Combine(packed[0], file)), await EntriesOfAsync(Path.Combine(packed[1], file)));
        Assert.All(files, f => Assert.Equal(File.ReadAllBytes(Path.Combine(packed[0], f)), File.ReadAllBytes(Path.Combine(packed[1], f))));
        foreach (var symbols in files.Where(static f => f.EndsWith(".snupkg", StringComparison.Ordinal)))
            await AssertNamesSourcesAsync(Path.Combine(packed[0], symbols), $"{SourceCopy.Sources}/{commits[0]}/*");
    }

    /// <summary>The files of a package and the hash of each, so that a failure names the one that differs.</summary>
    private static async Task<List<string>> EntriesOfAsync(string package)
    {
        await using var zip = await ZipFile.OpenReadAsync(package, TestContext.Current.CancellationToken);
        var entries = new List<string>();
        foreach (var entry in zip.Entries)
        {
            await using var stream = await entry.OpenAsync(TestContext.Current.CancellationToken);
            var hash = await SHA256.HashDataAsync(stream, TestContext.Current.CancellationToken);
            entries.Add($"{entry.FullName} {Convert.ToHexString(hash)}");
        }

        return entries;
    }

    /// <summary>Each document of the symbols is a file of the repository at the commit, or lies in the symbols themselves.</summary>
    private static async Task AssertNamesSourcesAsync(string symbols, string sources)
    {
        await using var zip = await ZipFile.OpenReadAsync(symbols, TestContext.Current.CancellationToken);
        var portable = zip.Entries.Where(static e => e.Name.EndsWith(".pdb", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(portable);
        foreach (var entry in portable)
        {
            using var bytes = new MemoryStream();
            await using (var stream = await entry.OpenAsync(TestContext.Current.CancellationToken))
                await stream.CopyToAsync(bytes, TestContext.Current.CancellationToken);
            bytes.Position = 0;
            using var provider = MetadataReaderProvider.FromPortablePdbStream(bytes);
            var pdb = provider.GetMetadataReader();
            var link = pdb.CustomDebugInformation.Select(pdb.GetCustomDebugInformation).Single(i => pdb.GetGuid(i.Kind) == SourceLink);
            Assert.Contains(sources, Encoding.UTF8.GetString(pdb.GetBlobBytes(link.Value)), StringComparison.Ordinal);
            var documents = pdb.Documents.Select(d => pdb.GetString(pdb.GetDocument(d).Name)).ToList();
            Assert.All(documents, static d => Assert.StartsWith("/_/", d, StringComparison.Ordinal));
        }
    }

    private static async Task<bool> HasGitAsync()
    {
        try
        {
            return (await Dotnet.TryAsync("git", Path.GetTempPath(), "--version")).Code == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>What was public in a version must be there in the next one: the SDK compares the packages.</summary>
    [Fact]
    public async Task APackage_ThatLacksWhatItsBaselineHas_IsNotPacked()
    {
        Assert.SkipUnless(await HasGitAsync(), "git is not installed");
        using var sources = await SourceCopy.CreateAsync("source");
        var baseline = Path.Combine(_folder.Path, "baseline");
        await sources.PackAsync("interfaces/Abstractions", baseline);
        string[] compared =
        [
            "pack", "interfaces/Abstractions", "-c", "Release", "-o", Path.Combine(_folder.Path, "next"), $"-p:KplBaseline={baseline}", "-p:RunAnalyzers=false",
        ];
        Assert.Equal(0, (await Dotnet.TryAsync("dotnet", sources.Root, compared)).Code);

        var file = Directory.GetFiles(sources.Root, "UserRecord.cs", SearchOption.AllDirectories).Single();
        await File.WriteAllTextAsync(
            file, (await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken)).Replace(
                "public static UserRecord FromText(", "internal static UserRecord FromText(", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        var (code, text) = await Dotnet.TryAsync("dotnet", sources.Root, compared);
        Assert.NotEqual(0, code);
        Assert.Contains("CP0002", text, StringComparison.Ordinal);
        Assert.Contains("UserRecord.FromText", text, StringComparison.Ordinal);
    }
}
