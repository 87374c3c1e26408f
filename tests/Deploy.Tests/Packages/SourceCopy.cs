namespace Orleans.Kpl.Deploy.Tests.Packages;

/// <summary>The sources in another folder, as a clone of a public repository would have them.</summary>
internal sealed class SourceCopy : IDisposable
{
    /// <summary>Where the sources are said to come from.</summary>
    private const string Remote = "https://github.com/kpl-tests/orleans-kpl.git";

    /// <summary>Where the files of a commit are then.</summary>
    public const string Sources = "https://raw.githubusercontent.com/kpl-tests/orleans-kpl";

    private static readonly Dictionary<string, string> Instants = new()
    {
        ["GIT_AUTHOR_DATE"] = "2026-01-01T00:00:00Z", ["GIT_COMMITTER_DATE"] = "2026-01-01T00:00:00Z",
    };

    private SourceCopy(string root) => Root = root;

    public string Root { get; }

    /// <summary>Copies the files, and commits them.</summary>
    public static async Task<SourceCopy> CreateAsync(string name)
    {
        // Folders of different lengths: a path that got into a package would change it.
        var copy = new SourceCopy(await CloneAsync(Path.Combine(Directory.CreateTempSubdirectory("kpl-source-").FullName, name)));
        await copy.GitAsync("init", "--quiet");
        await copy.GitAsync("remote", "add", "origin", Remote);
        await copy.GitAsync("add", ".");
        await copy.GitAsync("-c", "user.name=tests", "-c", "user.email=tests@localhost", "-c", "commit.gpgsign=false", "commit", "--quiet", "-m", "as it is");
        return copy;
    }

    /// <summary>Copies the files that git knows, as they are now; returns the folder.</summary>
    public static async Task<string> CloneAsync(string folder)
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

    /// <summary>Builds and packs a project as the release does.</summary>
    public Task<string> PackAsync(string project, string output, params string[] more) => Dotnet.RunAsync(
        Root, ["pack", project, "-c", "Release", "-o", output, "-p:ContinuousIntegrationBuild=true", "-p:RunAnalyzers=false", "-v", "quiet", .. more]);

    /// <summary>The commit that the sources are.</summary>
    public async Task<string> CommitAsync() => (await GitAsync("rev-parse", "HEAD")).Trim();

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(Root)!, recursive: true);

    private async Task<string> GitAsync(params string[] arguments)
    {
        var (code, output, error) = await ProgramRun.OfAsync("git", arguments, folder: Root, environment: Instants);
        Assert.True(code == 0, $"git {string.Join(' ', arguments)} ended with {code}: {error}");
        return output;
    }
}
