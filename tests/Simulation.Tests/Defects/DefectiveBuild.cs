using System.ComponentModel;
using Orleans.Kpl.Deploy.Tests.Packages;

namespace Orleans.Kpl.Simulation.Tests.Defects;

/// <summary>A copy of the sources, in which one defect after the other is put back and the simulator is built.</summary>
public sealed class DefectiveBuild : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("kpl-defects-").FullName;
    private bool _isCopied;

    /// <summary>Builds the simulator with a defect; gives its program.</summary>
    /// <param name="patch">What puts the defect back.</param>
    public async Task<string> MakeAsync(string patch)
    {
        await ApplyAsync(Checkout.Root, "--check", patch);
        if (!_isCopied)
            await SourceCopy.CloneAsync(_root);
        _isCopied = true;
        await ApplyAsync(_root, patch);
        try
        {
            await Dotnet.RunAsync(_root, "build", "tests/Simulation", "-c", "Release", "-p:RunAnalyzers=false", "-v", "quiet");
        }
        finally
        {
            await ApplyAsync(_root, "--reverse", patch);
        }

        return Path.Combine(_root, "artifacts", "bin", "Orleans.Kpl.Simulation", "release", "Orleans.Kpl.Simulation.dll");
    }

    /// <summary>Applies a patch in a folder, or looks whether that can be done.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="arguments">The patch, and what to do with it.</param>
    public static async Task ApplyAsync(string folder, params string[] arguments)
    {
        try
        {
            // A repository further up would have the patch looked for there.
            var above = Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(folder))!;
            var (code, text) = await Dotnet.TryAsync("git", folder, new() { ["GIT_CEILING_DIRECTORIES"] = above }, ["apply", .. arguments]);
            Assert.True(code == 0, $"git apply {string.Join(' ', arguments)}: {text}");
        }
        catch (Win32Exception)
        {
            Assert.Skip("git is not installed, which puts defects back");
        }
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);
}
