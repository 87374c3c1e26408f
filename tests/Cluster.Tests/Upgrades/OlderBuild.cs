using System.ComponentModel;
using Orleans.Kpl.Deploy.Tests.Packages;

namespace Orleans.Kpl.Cluster.Tests.Upgrades;

/// <summary>
/// The build that <c>tests/upgrade/base</c> names, made once in a folder of its own. Tests are skipped where the history does not have its commit, as in a
/// shallow clone.
/// </summary>
public sealed class OlderBuild : IAsyncDisposable
{
    private readonly SemaphoreSlim _making = new(1);
    private readonly string _folder = Directory.CreateTempSubdirectory("kpl-older-").FullName;
    private bool _isMade;

    /// <summary>Its sources.</summary>
    public string Sources => Path.Combine(_folder, "sources");

    /// <summary>Its chart.</summary>
    public string Chart => Path.Combine(Sources, "helm", "kpl");

    /// <summary>The program of its silo.</summary>
    public string Silo => Path.Combine(_folder, "silo", "Orleans.Kpl.Host.dll");

    /// <summary>The commit.</summary>
    public static string Commit { get; } = File.ReadLines(Path.Combine(Checkout.Root, "tests", "upgrade", "base")).First(static l => !l.StartsWith('#')).Trim();

    /// <summary>Makes it, unless it is made already.</summary>
    public async Task MakeAsync()
    {
        Assert.SkipUnless(await HasHistoryAsync(), $"git's history does not have the older build, {Commit}: a shallow clone lacks it");
        await _making.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            if (_isMade)
                return;
            await GitAsync("worktree", "add", "--quiet", "--detach", Sources, Commit);
            await Dotnet.RunAsync(
                Sources, "publish", "silo/Host", "-c", "Release", "-o", Path.GetDirectoryName(Silo)!, "-p:UseAppHost=false", "-p:RunAnalyzers=false", "-v",
                "quiet");
            _isMade = true;
        }
        finally
        {
            _making.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Directory.Exists(Sources))
        {
            // Also where the run of the tests was cancelled: git would remember the folder.
            using var remove = Process.Start(new ProcessStartInfo("git", ["worktree", "remove", "--force", Sources]) { WorkingDirectory = Checkout.Root })!;
            await remove.WaitForExitAsync(CancellationToken.None);
        }

        Directory.Delete(_folder, recursive: true);
        _making.Dispose();
    }

    private static async Task<bool> HasHistoryAsync()
    {
        try
        {
            return (await Dotnet.TryAsync("git", Checkout.Root, "cat-file", "-e", $"{Commit}^{{commit}}")).Code == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }

    private static async Task GitAsync(params string[] arguments)
    {
        var (code, text) = await Dotnet.TryAsync("git", Checkout.Root, arguments);
        Assert.True(code == 0, $"git {string.Join(' ', arguments)}: {text}");
    }
}

/// <summary>The tests that need the older build.</summary>
[CollectionDefinition(Name)]
public sealed class OlderBuildTests : ICollectionFixture<OlderBuild>
{
    public const string Name = "older build";
}
