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
public sealed class DockerfileTests
{
    private static readonly Regex Entry = new(@"^ENTRYPOINT \[""dotnet"", ""/app/([A-Za-z./]+\.dll)""\]$");

    [Theory]
    [InlineData("amd64", Architecture.X64)]
    [InlineData("arm64", Architecture.Arm64)]
    public async Task RunLines_OverWhatIsCopied_MakeProgramsThatAreCompiledForTheProcessor(string target, Architecture architecture)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "its lines are for a POSIX shell");
        var file = await File.ReadAllLinesAsync(Path.Combine(Checkout.Root, "deploy", "docker", "Dockerfile"), TestContext.Current.CancellationToken);
        Assert.Contains("ARG TARGETARCH", file);
        using var folder = new TemporaryFolder();
        // No build of this machine is among what git knows.
        var sources = await SourceCopy.CloneAsync(Path.Combine(folder.Path, "src"));
        var commands = file.Where(static l => l.StartsWith("RUN ", StringComparison.Ordinal)).Select(static l => l["RUN ".Length..]).ToList();
        Assert.Equal(3, commands.Count);
        foreach (var command in commands)
        {
            var (code, text) = await Dotnet.TryAsync(
                "/bin/sh", sources, "-c", $"TARGETARCH={target}; {command.Replace(" /out/", $" {folder.Path}/out/", StringComparison.Ordinal)}");
            Assert.True(code == 0, $"{command}: {text}");
        }

        var entries = file.Select(static l => Entry.Match(l)).Where(static m => m.Success).Select(static m => m.Groups[1].Value).ToList();
        Assert.Equal(3, entries.Count);
        foreach (var program in entries)
        {
            var path = Path.Combine(folder.Path, "out", program);
            Assert.True(File.Exists(path), program);
            var library = Path.Combine(Path.GetDirectoryName(path)!, "Orleans.Kpl.Pipeline.dll");
            Assert.True(IsCompiled(path) && IsCompiled(library), $"{program} is not compiled in advance");
            Assert.False(File.Exists(path[..^".dll".Length]), $"{program} has a program of one processor beside it");
            if (RuntimeInformation.OSArchitecture != architecture)
                continue;
            var (code, text) = await Dotnet.TryAsync("dotnet", folder.Path, path, "--help");
            Assert.True(code == 0 && text.Length > 100, $"{program}: {code}, {text}");
        }
    }

    private static bool IsCompiled(string assembly)
    {
        using var file = new PEReader(File.OpenRead(assembly));
        return file.PEHeaders.CorHeader!.ManagedNativeHeaderDirectory.Size > 0;
    }
}
