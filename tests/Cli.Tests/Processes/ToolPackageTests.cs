using System.Diagnostics;
using Orleans.Kpl.Cli.Tests.FirstHour;
using Orleans.Kpl.Cli.Tests.Running;
using Orleans.Kpl.Testing;

namespace Orleans.Kpl.Cli.Tests.Processes;

/// <summary>The command as a .NET tool: packed into a folder, installed from there, and used against a local tier.</summary>
[Trait("Category", "Long")]
public sealed class ToolPackageTests(FirstHourTier tier) : IClassFixture<FirstHourTier>
{
    [Fact]
    public async Task Tool_PackedAndInstalledFromAFolder_PutsAndReadsBack()
    {
        using var folder = new Folder();
        var packages = Directory.CreateDirectory(Path.Combine(folder.Path, "packages")).FullName;
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Name;
        // Only from that folder: the machine's own sources, and what it has installed before, are no matter.
        var sources = folder.Write("nuget.config", $"""<configuration><packageSources><clear /><add key="packed" value="{packages}" /></packageSources><packageSourceMapping><clear /></packageSourceMapping></configuration>""");
        (string, string)[] environment = [("NUGET_PACKAGES", Path.Combine(folder.Path, "cache")), ("DOTNET_CLI_TELEMETRY_OPTOUT", "1"), ("DOTNET_NOLOGO", "1")];

        await DotnetAsync(["pack", "--no-build", "-c", configuration, Path.Combine(Checkout.Root, "client", "Cli"), "-o", packages], environment);
        Assert.StartsWith("Orleans.Kpl.Cli.", Path.GetFileName(Assert.Single(Directory.GetFiles(packages))), StringComparison.Ordinal);
        var tools = Path.Combine(folder.Path, "tools");
        await DotnetAsync(["tool", "install", "Orleans.Kpl.Cli", "--tool-path", tools, "--configfile", sources], environment);

        var kpl = Path.Combine(tools, OperatingSystem.IsWindows() ? "kpl.exe" : "kpl");
        var lines = folder.Write("lines.txt", "one\ntwo\nthree\n");
        Assert.Contains("delivered", await KplAsync("put", lines, "--stream", "typed"), StringComparison.Ordinal);
        var tail = (await KplAsync("tail", "--stream", "typed")).Split('\n').Where(static l => l is "one" or "two" or "three");
        Assert.Equal(["one", "three", "two"], tail.Order(StringComparer.Ordinal));
        var version = FileVersionInfo.GetVersionInfo(Checkout.Built("Orleans.Kpl.Cli", "kpl.dll")).FileVersion![..5];
        Assert.Contains(version, await KplAsync("version"), StringComparison.Ordinal);

        async Task<string> KplAsync(params string[] arguments) => await RunAsync(kpl, arguments, [("KPL_TIER", tier.Http)]);
    }

    private static Task<string> DotnetAsync(string[] arguments, (string, string)[] environment) =>
        RunAsync(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", arguments, environment);

    private static async Task<string> RunAsync(string program, string[] arguments, (string, string)[] environment)
    {
        await using var run = RunningProgram.StartFile(program, arguments, environment);
        run.Input.Close();
        var output = await run.Output.ReadToEndAsync(TestContext.Current.CancellationToken);
        var all = output + await run.Error;
        Assert.True(await run.WaitAsync() == 0, $"{program} {string.Join(' ', arguments)}\n{all}");
        return all;
    }
}
