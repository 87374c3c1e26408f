using System.Text.Json;
using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Settings;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Conditions;
using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Cli.Admin;

/// <summary><c>kpl silos</c>: its arguments, and what it does with them.</summary>
internal sealed class SilosVerb(CliHost host, NamedTier named, bool json) : TierVerb(host, named, "", json)
{
    public static Verb Create(CliHost host)
    {
        var help = AdminCommands.Help(
            [
                (ExitCode.Success, "Shown."), (ExitCode.SomeFailed, "The tier's answer cannot be read."),
                (ExitCode.BadArguments, "The arguments are wrong."), (ExitCode.NotThere, "The tier is not there."),
            ], new("silos", "Shows them as a table."), new("silos --json", "Shows them as the tier answers."));
        var command = new Verb("silos", "Shows a tier's silos: state, version, shards, memory, oldest record.", help);
        return AdminCommands.SetTierAction(command, (_, named, json) => new SilosVerb(host, named, json), static (_, run) => run.RunAsync());
    }

    private readonly TimeProvider _time = host.Time;

    public async Task<int> RunAsync()
    {
        var answer = await Connection.GetAsync("/admin/silos").ConfigureAwait(false);
        return Output.Tell(answer, () =>
        {
            using var document = JsonDocument.Parse(answer);
            return SiloTable.Of(document.RootElement.GetProperty("silos").EnumerateArray(), _time.GetUtcNow());
        });
    }
}

/// <summary>Shows silos, or the one process of a local tier, for people.</summary>
internal static class SiloTable
{
    /// <exception cref="KeyNotFoundException">A member is not there; where it is something else, InvalidOperationException or FormatException.</exception>
    public static string Of(IEnumerable<JsonElement> silos, DateTimeOffset now) =>
        new PrintedTable("silo", "state", "version", "shards", "memory KiB", "oldest s", "up").With(silos, silo =>
        [
            ConditionText.Silo(silo.GetProperty("silo").GetString()!), silo.GetProperty("state").GetString()!,
            silo.GetProperty("version").GetString() ?? "",
            $"{silo.GetProperty("shards").GetInt64()}", $"{silo.GetProperty("outstanding_bytes").GetInt64() / 1024}",
            $"{silo.GetProperty("oldest_seconds").GetDouble():0.0}",
            silo.GetProperty("started_at") is { ValueKind: JsonValueKind.String } since ? Quantity.OfTime(now - since.GetDateTimeOffset()) : "",
        ]).ToString();
}
