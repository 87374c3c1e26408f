using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Orleans.Kpl.Cli.Tests.FirstHour;

namespace Orleans.Kpl.Cli.Tests.Processes;

/// <summary>The command as a .NET tool: packed into a folder, installed from there, and used against a local tier.</summary>
[Trait("Category", "Long")]
public sealed class ToolPackageTests(FirstHourTier tier) : IClassFixture<FirstHourTier>
{
    private static readonly Regex Missing = new("NU110[123]|Platform linker .* not found|linker command failed", RegexOptions.CultureInvariant);
    private static readonly string Dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
    private static readonly string Project = Path.Combine(Checkout.Root, "client", "Cli");
    private static readonly (string, string)[] Quiet =
        [("DOTNET_CLI_TELEMETRY_OPTOUT", "1"), ("DOTNET_NOLOGO", "1"), ("DOTNET_CLI_UI_LANGUAGE", "en"), ("MSBUILDDISABLENODEREUSE", "1")];

    [Fact]
    public async Task Tool_PackedAndInstalledFromAFolder_PutsAndReadsBack()
    {
        using var folder = new TemporaryFolder();
        var packages = Directory.CreateDirectory(Path.Combine(folder.Path, "packages")).FullName;
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Name;
        await DotnetAsync(["pack", "--no-build", "-c", configuration, Project, "-o", packages]);
        Assert.StartsWith("Orleans.Kpl.Cli.", Path.GetFileName(Assert.Single(Directory.GetFiles(packages))), StringComparison.Ordinal);
        await UseAsync(await InstallAsync(folder, packages), folder, "typed");
    }

    /// <summary>As release.yml packs it: one package names the platforms, each has its own, and who installs the one gets native code.</summary>
    [Fact]
    public async Task Tool_PackedAsNativeCode_IsWhatThePlatformGets()
    {
        using var folder = new TemporaryFolder();
        var packages = Directory.CreateDirectory(Path.Combine(folder.Path, "packages")).FullName;
        var platform = RuntimeInformation.RuntimeIdentifier;
        string[] pack = ["pack", Project, "-c", "Release", "-o", packages, "-p:KplNativeTool=true", $"-p:ArtifactsPath={Path.Combine(folder.Path, "artifacts")}"];
        var (code, told) = await RunAsync(Dotnet, [.. pack, "-r", platform], Quiet);
        Assert.SkipUnless(!Missing.IsMatch(told), $"native code cannot be built here: {Missing.Match(told).Value}");
        Assert.True(code == 0, told);
        await DotnetAsync(pack);

        Assert.Equal(2, Directory.GetFiles(packages).Length);
        var kpl = await InstallAsync(folder, packages);
        Assert.Empty(Directory.EnumerateFiles(Path.GetDirectoryName(kpl)!, "*.dll", SearchOption.AllDirectories));
        Assert.Empty(Directory.EnumerateFiles(Path.GetDirectoryName(kpl)!, "*.dbg", SearchOption.AllDirectories));
        await UseAsync(kpl, folder, "clicks");
    }

    /// <summary>Installs from that folder alone: the machine's own sources, and what it has installed before, are no matter.</summary>
    private static async Task<string> InstallAsync(TemporaryFolder folder, string packages)
    {
        var sources = folder.Write(
            "nuget.config",
            $"""<configuration><packageSources><clear /><add key="packed" value="{packages}" /></packageSources><packageSourceMapping><clear /></packageSourceMapping></configuration>""");
        var tools = Path.Combine(folder.Path, "tools");
        await DotnetAsync(
            ["tool", "install", "Orleans.Kpl.Cli", "--tool-path", tools, "--configfile", sources],
            ("NUGET_PACKAGES", Path.Combine(folder.Path, "cache")));
        return Path.Combine(tools, OperatingSystem.IsWindows() ? "kpl.exe" : "kpl");
    }

    private async Task UseAsync(string kpl, TemporaryFolder folder, string stream)
    {
        var lines = folder.Write("lines.txt", "one\ntwo\nthree\n");
        Assert.Contains("delivered", await KplAsync("put", lines, "--stream", stream), StringComparison.Ordinal);
        var tail = (await KplAsync("tail", "--stream", stream)).Split('\n').Where(static l => l is "one" or "two" or "three");
        Assert.Equal(["one", "three", "two"], tail.Order(StringComparer.Ordinal));
        var version = FileVersionInfo.GetVersionInfo(Checkout.Built("Orleans.Kpl.Cli", "kpl.dll")).FileVersion![..5];
        Assert.Contains(version, await KplAsync("version"), StringComparison.Ordinal);

        async Task<string> KplAsync(params string[] arguments) => await SucceedAsync(kpl, arguments, [("KPL_TIER", tier.Http)]);
    }
    private static Task<string> DotnetAsync(string[] arguments, params (string, string)[] environment) =>
        SucceedAsync(Dotnet, arguments, [.. Quiet, .. environment]);

    private static async Task<string> SucceedAsync(string program, string[] arguments, (string, string)[] environment)
    {
        var (code, told) = await RunAsync(program, arguments, environment);
        Assert.True(code == 0, $"{program} {string.Join(' ', arguments)}\n{told}");
        return told;
    }

    private static async Task<(int Code, string Told)> RunAsync(string program, string[] arguments, (string, string)[] environment)
    {
        await using var run = RunningProgram.StartFile(program, arguments, environment);
        run.Input.Close();
        var output = await run.Output.ReadToEndAsync(TestContext.Current.CancellationToken);
        var all = output + await run.Error;
        return (await run.WaitAsync(), all);
    }
}
