using System.Reflection.PortableExecutable;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Orleans.Kpl.Deploy.Tests.Packages;

namespace Orleans.Kpl.Deploy.Tests.Elsewhere;

/// <summary>
/// What the Dockerfile runs, run as it stands: its <c>RUN</c> lines over a copy of what <c>COPY . .</c> takes. There is no Docker here, so layers and base
/// images are not tried.
/// </summary>
[Trait("Category", "Long")]
public sealed class DockerfileTests : IDisposable
{
    private static readonly Regex Entry = new(@"^ENTRYPOINT \[""dotnet"", ""/app/([A-Za-z./]+\.dll)""\]$");
    private readonly string _folder = Directory.CreateTempSubdirectory("kpl-image-").FullName;

    private string Sources => Path.Combine(_folder, "src");

    [Theory]
    [InlineData("amd64", Architecture.X64)]
    [InlineData("arm64", Architecture.Arm64)]
    public async Task RunLines_OverWhatIsCopied_MakeProgramsThatAreCompiledForTheProcessor(string target, Architecture architecture)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "its lines are for a POSIX shell");
        var file = await File.ReadAllLinesAsync(Path.Combine(Checkout.Root, "deploy", "docker", "Dockerfile"), TestContext.Current.CancellationToken);
        Assert.Contains("ARG TARGETARCH", file);
        await CopyAsync();
        var commands = file.Where(static l => l.StartsWith("RUN ", StringComparison.Ordinal)).Select(static l => l["RUN ".Length..]).ToList();
        Assert.Equal(3, commands.Count);
        foreach (var command in commands)
        {
            var (code, text) = await Dotnet.TryAsync(
                "/bin/sh", Sources, "-c", $"TARGETARCH={target}; {command.Replace(" /out/", $" {_folder}/out/", StringComparison.Ordinal)}");
            Assert.True(code == 0, $"{command}: {text}");
        }

        var entries = file.Select(static l => Entry.Match(l)).Where(static m => m.Success).Select(static m => m.Groups[1].Value).ToList();
        Assert.Equal(3, entries.Count);
        foreach (var program in entries)
        {
            var path = Path.Combine(_folder, "out", program);
            Assert.True(File.Exists(path), program);
            var library = Path.Combine(Path.GetDirectoryName(path)!, "Orleans.Kpl.Pipeline.dll");
            Assert.True(IsCompiled(path) && IsCompiled(library), $"{program} is not compiled in advance");
            Assert.False(File.Exists(path[..^".dll".Length]), $"{program} has a program of one processor beside it");
            if (RuntimeInformation.OSArchitecture != architecture)
                continue;
            var (code, text) = await Dotnet.TryAsync("dotnet", _folder, path, "--help");
            Assert.True(code == 0 && text.Length > 100, $"{program}: {code}, {text}");
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>What git has or would have, without what .dockerignore leaves out: no build of this machine is among it.</summary>
    private async Task CopyAsync()
    {
        var (code, text) = await Dotnet.TryAsync("git", Checkout.Root, "ls-files", "--cached", "--others", "--exclude-standard");
        Assert.SkipUnless(code == 0, "git does not know this folder");
        foreach (var name in text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(static n => File.Exists(Path.Combine(Checkout.Root, n))))
        {
            var to = Path.Combine(Sources, name);
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(Path.Combine(Checkout.Root, name), to);
        }
    }

    private static bool IsCompiled(string assembly)
    {
        using var file = new PEReader(File.OpenRead(assembly));
        return file.PEHeaders.CorHeader!.ManagedNativeHeaderDirectory.Size > 0;
    }
}
