using System.Text.Json;
using System.Text.RegularExpressions;

namespace Orleans.Kpl.Cluster.Tests;

/// <summary>
/// "Two silos on one machine" of docs/membership.md, where README sends whoever wants to see a cluster: its commands as they stand, but for ports, the number
/// of records, and that everything is built and DynamoDB Local runs.
/// </summary>
public sealed partial class MembershipPageTests(DynamoDbLocal dynamoDb)
{
    [PosixFact]
    public async Task TwoSilos_AsThePageStartsThem_TakeALoad_AndShareItsStream()
    {
        var tables = await dynamoDb.UrlAsync();
        var page = await File.ReadAllTextAsync(Path.Combine(Checkout.Root, "docs", "membership.md"), TestContext.Current.CancellationToken);
        var commands = page.Split("\n## ").Single(static c => c.StartsWith("Two silos on one machine\n", StringComparison.Ordinal))
            .Split('\n').Where(static l => l.StartsWith("    ", StringComparison.Ordinal)).Select(static l => l.Trim().TrimEnd('&', ' ')).ToList();

        await using var local = LocalProcess.Start(ArgumentsOf(commands, "--project deploy/local "));
        await local.ReadyAsync();
        // A put may take longer on a busy machine.
        (string Name, string Value)[] environment =
        [
            .. commands.Where(static c => c.StartsWith("export ", StringComparison.Ordinal)).SelectMany(static c => c.Split(' ').Skip(1))
                .Select(v => (v.Split('=')[0], v.Split('=')[1].Replace("http://127.0.0.1:8000", tables.AbsoluteUri, StringComparison.Ordinal)
                    .Replace("http://127.0.0.1:4567", local.Kinesis.AbsoluteUri, StringComparison.Ordinal))),
            ("Kpl__RecordTtl", "2m"),
        ];
        Assert.Equal(5, environment.Length);
        var started = commands.Where(static c => c.Contains("--project silo/Host ", StringComparison.Ordinal))
            .Select(c => SiloProcess.Start(ArgumentsOf(c), null, environment)).ToList();
        await using SiloProcess first = started[0], second = started[1];
        await first.ReadyAsync();
        await second.ReadyAsync();

        var bench = await RunAsync(environment, [.. ArgumentsOf(commands, " bench "), "--json"]);
        Assert.Equal((20_000, 0), (bench.GetProperty("records").GetInt32(), bench.GetProperty("failed").GetInt32()));

        // Which silo has which shard is the same, whichever is asked.
        foreach (var asked in started)
        {
            await Waiting.UntilAsync(async () =>
            {
                var told = await RunAsync([], ["shards", "--tier", asked.Http.BaseAddress!.AbsoluteUri, "--json"]);
                var owners = told.GetProperty("shards").EnumerateArray().Select(static s => s.GetProperty("owner_silo").GetString() ?? "").ToList();
                return started.TrueForAll(s => owners.Exists(o => o.Contains($"{s.Silo}:", StringComparison.Ordinal)))
                    && owners.TrueForAll(o => started.Exists(s => o.Contains($"{s.Silo}:", StringComparison.Ordinal)));
            }, "both silos have shards");
        }
    }

    /// <summary>Runs the command; the JSON in its last line.</summary>
    private static async Task<JsonElement> RunAsync((string Name, string Value)[] environment, IEnumerable<string> arguments)
    {
        await using var kpl = ServerProcess.Start(Checkout.Program("Orleans.Kpl.Cli", "kpl"), arguments, null, environment);
        var (code, output, log) = await kpl.ExitAsync();
        Assert.True(code == 0, $"{code}: {string.Join('\n', log)}");
        return JsonDocument.Parse(output[^1]).RootElement;
    }

    private static string[] ArgumentsOf(List<string> commands, string part) =>
        ArgumentsOf(Assert.Single(commands, c => c.Contains(part, StringComparison.Ordinal)));

    /// <summary>What stands behind the two dashes, on free ports.</summary>
    private static string[] ArgumentsOf(string command) =>
        Number().Replace(command.Split(" -- ")[1], "${of}0").Replace("100000", "20000", StringComparison.Ordinal).Split(' ');

    [GeneratedRegex(@"(?<of>Port=|-port )\d+")]
    private static partial Regex Number();
}
