using System.Text.RegularExpressions;

namespace Orleans.Kpl.Deploy.Tests.Packages;

/// <summary>README's first screen, as a stranger pastes it: only ports, folders and the cache of packages differ.</summary>
[Trait("Category", "Long")]
[Collection(PackedTests.Name)]
public sealed class FirstScreenTests(PackedPackages packed)
{
    private static readonly Regex Section = new("^Run it, from a clone.*?(?=^## What it is$)", RegexOptions.Multiline | RegexOptions.Singleline);
    private static readonly Regex Command = new("^    (\\S.*)$", RegexOptions.Multiline);
    private static readonly Regex Code = new("```csharp\n(.*?)```", RegexOptions.Singleline);
    private static readonly Regex Ready = new("^ready http=\\S+ kinesis=(\\S+) dashboard=\\S+$");

    [PosixFact]
    public async Task FirstRecord_IsDeliveredToTheLocalTier_AndTold()
    {
        var section = Section.Match(await File.ReadAllTextAsync(Path.Combine(Checkout.Root, "README.md"), TestContext.Current.CancellationToken)).Value;
        var commands = Command.Matches(section).Select(static m => m.Groups[1].Value).ToList();
        Assert.Equal(
            [
                "dotnet run -c Release --project deploy/local -- --data backlog",
                "tests/run",
                "dotnet pack -c Release Orleans.Kpl.Embedded.slnf -o packages",
                "dotnet new console -o ../first-record",
                "dotnet add ../first-record package Orleans.Kpl --source \"$PWD/packages\"",
                "AWS_ENDPOINT_URL_KINESIS=http://127.0.0.1:4567 dotnet run --project ../first-record",
                "dotnet tool install Orleans.Kpl.Local --tool-path tools --source \"$PWD/packages\"",
            ],
            commands);

        using var clone = new TemporaryFolder();
        Directory.CreateSymbolicLink(Path.Combine(clone.Path, "packages"), packed.Folder);
        // Ours come from the folder alone, and not from what this machine restored before.
        var cache = $"NUGET_PACKAGES='{Path.Combine(clone.Path, "cache")}' NUGET_FALLBACK_PACKAGES='{Dotnet.MachinePackages}'";
        await ShellAsync(clone.Path, $"{cache} {commands[6]}");
        await using var tier = ServerProcess.Start(
            Path.Combine(clone.Path, "tools", "kpl-local"), ["--data", "backlog", "--http-port", "0", "--kinesis-port", "0"], clone.Path);
        var ready = Ready.Match(await tier.Output.FirstAsync(static _ => true, TestContext.Current.CancellationToken));
        Assert.True(ready.Success);

        var project = Path.GetFullPath(Path.Combine(clone.Path, "..", Path.GetFileName(clone.Path) + "-first"));
        await ShellAsync(clone.Path, commands[3].Replace("../first-record", project, StringComparison.Ordinal));
        try
        {
            await ShellAsync(clone.Path, $"{cache} {commands[4].Replace("../first-record", project, StringComparison.Ordinal)}");
            await File.WriteAllTextAsync(Path.Combine(project, "Program.cs"), Code.Match(section).Groups[1].Value, TestContext.Current.CancellationToken);
            var told = await ShellAsync(
                clone.Path, $"{cache} {commands[5].Replace("http://127.0.0.1:4567", ready.Groups[1].Value, StringComparison.Ordinal).Replace("../first-record", project, StringComparison.Ordinal)}");
            Assert.Matches("^shardId-00000000000[0-3] [0-9]{40,}\\s*$", told);
        }
        finally
        {
            Directory.Delete(project, recursive: true);
        }
    }

    private static async Task<string> ShellAsync(string folder, string line)
    {
        var (code, text) = await Dotnet.TryAsync("/bin/bash", folder, "-c", line);
        Assert.True(code == 0, $"{line}: {text}");
        return text;
    }
}
