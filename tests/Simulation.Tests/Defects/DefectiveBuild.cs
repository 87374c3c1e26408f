using System.ComponentModel;
using System.Xml.Linq;
using Orleans.Kpl.Deploy.Tests.Packages;

namespace Orleans.Kpl.Simulation.Tests.Defects;

/// <summary>A copy of the sources, in which one defect after the other is put back and the simulator is built.</summary>
public sealed class DefectiveBuild : IDisposable
{
    private static readonly string[] Folders = ["client", "grains", "interfaces", "tests/Simulation"];

    private readonly string _root = Directory.CreateTempSubdirectory("kpl-defects-").FullName;
    private bool _isCopied;

    /// <summary>Builds the simulator with a defect; gives its program.</summary>
    /// <param name="patch">What puts the defect back.</param>
    public async Task<string> MakeAsync(string patch)
    {
        CopyOnce();
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

    private void CopyOnce()
    {
        if (_isCopied)
            return;
        _isCopied = true;
        var files = Directory.EnumerateFiles(Checkout.Root, "Directory.*").Select(static f => Path.GetFileName(f));
        foreach (var file in files.Concat([".editorconfig", "global.json"]))
            File.Copy(Path.Combine(Checkout.Root, file), Path.Combine(_root, file));
        foreach (var folder in Folders)
            Copy(Path.Combine(Checkout.Root, folder), Path.Combine(_root, folder));
        CopyLinkedFiles();
    }

    /// <summary>The project compiles files of other tests too.</summary>
    private void CopyLinkedFiles()
    {
        var folder = Path.Combine(Checkout.Root, "tests", "Simulation");
        foreach (var link in XDocument.Load(Path.Combine(folder, "Orleans.Kpl.Simulation.csproj")).Descendants("Compile"))
        {
            var file = Path.GetFullPath(Path.Combine(folder, link.Attribute("Include")!.Value));
            var copy = Path.Combine(_root, Path.GetRelativePath(Checkout.Root, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.GetFiles(from))
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        foreach (var folder in Directory.GetDirectories(from).Where(static f => Path.GetFileName(f) is not ("bin" or "obj")))
            Copy(folder, Path.Combine(to, Path.GetFileName(folder)));
    }
}
