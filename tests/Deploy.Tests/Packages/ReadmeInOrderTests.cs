using System.Text.RegularExpressions;

namespace Orleans.Kpl.Deploy.Tests.Packages;

/// <summary>
/// README from its first command to its last, in a clean clone, as a stranger pastes them: what serves runs on while the next ones are pasted. Only ports,
/// folders outside the clone and the cache of packages differ, and <c>tests/run</c> is left out.
/// </summary>
[Trait("Category", "Long")]
public sealed partial class ReadmeInOrderTests
{
    private static readonly Regex Command = new("^    (\\S.*)$", RegexOptions.Multiline);
    private static readonly Regex Block = new("^```.*?^```$", RegexOptions.Singleline | RegexOptions.Multiline);
    private const string Clone = "orleans-kpl";

    [PosixFact]
    public async Task Commands_InTheOrderInWhichTheyStand_Work()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/curl"), "there is no /usr/bin/curl");
        using var folder = new TemporaryFolder();
        var clone = await SourceCopy.CloneAsync(Path.Combine(folder.Path, Clone));
        var readme = await File.ReadAllTextAsync(Path.Combine(clone, "README.md"), TestContext.Current.CancellationToken);
        await using var user = new Stranger(folder.Path, clone, Code().Match(readme).Groups[1].Value);
        foreach (var line in Command.Matches(Block.Replace(readme, "")).Select(static m => m.Groups[1].Value))
            await user.PasteAsync(line);
        Assert.Matches("(?m)^shardId-00000000000[0-9] [0-9]{40,}$", user.Seen);
        Assert.InRange(user.Pasted, 15, 40);
    }

    [GeneratedRegex("^This goes into `\\.\\./first-record/Program\\.cs`:\n\n```csharp\n(.*?)```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Code();

    /// <summary>Pastes one line after the other. A tier ends when the next one begins: they have the same ports.</summary>
    private sealed partial class Stranger(string home, string clone, string program) : IAsyncDisposable
    {
        /// <summary>The first line builds; another build may be under way beside it.</summary>
        private static readonly TimeSpan OfABuild = TimeSpan.FromMinutes(10);

        private ServerProcess? _tier;
        private ServerProcess? _silo;
        private string _http = "";
        private string _kinesis = "";

        public int Pasted { get; private set; }

        /// <summary>All that commands wrote.</summary>
        public string Seen { get; private set; } = "";

        public async Task PasteAsync(string line)
        {
            if (line == "tests/run")
                return;
            Pasted++;
            if (line.Contains("--project deploy/local", StringComparison.Ordinal))
                await StartTierAsync(line.Replace("~/", home + "/", StringComparison.Ordinal) + " --http-port 0 --kinesis-port 0");
            else if (line.Contains("--project silo/Host", StringComparison.Ordinal))
                await StartSiloAsync(line.Replace("=8081", "=0 --Kpl:Cluster:SiloPort=0 --Kpl:Cluster:GatewayPort=0", StringComparison.Ordinal));
            else
                await RunAsync(line);
        }

        public async ValueTask DisposeAsync()
        {
            if (_silo is not null)
                await _silo.DisposeAsync();
            if (_tier is not null)
                await _tier.DisposeAsync();
        }

        private async Task StartTierAsync(string line)
        {
            if (_tier is not null)
            {
                _tier.Signal(Signals.Terminate);
                Assert.Contains((await _tier.ExitAsync()).Output, static l => l.StartsWith("drained ", StringComparison.Ordinal));
            }

            _tier = Start(line);
            var ready = Ready().Match(await _tier.Output.FirstAsync(static l => Ready().IsMatch(l), TestContext.Current.CancellationToken, OfABuild));
            Assert.True(ready.Success, $"{line}: {_tier.Log}");
            (_http, _kinesis) = (ready.Groups[1].Value, ready.Groups[2].Value);
        }

        private async Task StartSiloAsync(string line)
        {
            _silo = Start(line.Replace("http://127.0.0.1:4567", _kinesis, StringComparison.Ordinal));
            var ready = await _silo.Output.FirstAsync(
                static l => l.StartsWith("ready ", StringComparison.Ordinal), TestContext.Current.CancellationToken, OfABuild);
            Assert.True(ready.Length > 0, $"{line}: {_silo.Log}");
        }

        private async Task RunAsync(string line)
        {
            // What is packed here has the version of what this machine restored before.
            var isOfPackages = line.Contains("first-record", StringComparison.Ordinal) || line.Contains("tool install", StringComparison.Ordinal);
            var environment = new Dictionary<string, string> { ["KPL_TIER"] = _http };
            if (isOfPackages)
                (environment["NUGET_PACKAGES"], environment["NUGET_FALLBACK_PACKAGES"]) = (Path.Combine(home, "cache"), Dotnet.MachinePackages);
            var own = line.Replace("http://127.0.0.1:8080", _http, StringComparison.Ordinal)
                .Replace("http://127.0.0.1:4567", _kinesis, StringComparison.Ordinal)
                .Replace("curl ", "curl -f -s -S ", StringComparison.Ordinal);
            var (code, text) = await Dotnet.TryAsync("/bin/bash", clone, environment, "-c", own);
            Assert.True(code == 0, $"{own}: {text}");
            Seen += text;
            if (line.StartsWith("dotnet new console", StringComparison.Ordinal))
                await File.WriteAllTextAsync(Path.Combine(home, "first-record", "Program.cs"), program, TestContext.Current.CancellationToken);
        }

        private ServerProcess Start(string line) =>
            ServerProcess.Start("/bin/bash", ["-c", "exec " + line], clone, ("MSBUILDDISABLENODEREUSE", "1"), ("DOTNET_CLI_TELEMETRY_OPTOUT", "1"));

        [GeneratedRegex("^ready http=(\\S+) kinesis=(\\S+) dashboard=\\S+$")]
        private static partial Regex Ready();
    }
}
