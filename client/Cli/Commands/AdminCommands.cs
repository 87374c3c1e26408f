using System.CommandLine;
using System.Text.Json.Nodes;
using Orleans.Kpl.Cli.Admin;
using Orleans.Kpl.Cli.Terminal;

namespace Orleans.Kpl.Cli.Commands;

/// <summary>Defines the arguments of the verbs that manage a stream's shards.</summary>
internal static class AdminCommands
{
    public const string Access = """
        The tier answers this on its own machine only. Exit code: 0 done or begun, 1 refused by Kinesis, another operation running or ended otherwise, 2 bad
        arguments, 3 tier or stream not there.
        """;

    public static IEnumerable<Command> Create(CliHost host, string? verb)
    {
        yield return Shards(host, verb);
        yield return Split(host, verb);
        yield return Merge(host, verb);
        yield return Scale(host, verb);
        yield return Plan(host, verb);
        yield return Policy(host, verb);
        yield return History(host, verb);
    }

    private static Verb Shards(CliHost host, string? verb) =>
        Make(host, verb, "shards", "Shows a stream's open shards, who sends for them, and their load.", [], (_, run) => run.ShardsAsync());

    private static Verb History(CliHost host, string? verb) =>
        Make(host, verb, "history", "Shows what was done to a stream's shards, and why.", [], (_, run) => run.HistoryAsync());

    private static Verb Split(CliHost host, string? verb)
    {
        var shard = new Argument<string>("SHARD") { Description = "The id of an open shard." };
        var at = new Option<string>("--at")
        {
            Description = "weighted: the median of its load; middle; or the hash key at which the second child starts.",
            HelpName = "weighted|middle|KEY",
            DefaultValueFactory = static _ => "weighted",
        };
        var wait = Wait();
        return Make(host, verb, "split", "Splits a shard in two.", [shard, at, wait], (parsed, run) => run.ActAsync(
            "/split", new JsonObject { ["shard_id"] = parsed.GetRequiredValue(shard), ["at"] = parsed.GetRequiredValue(at) }, WaitOf(parsed, wait)));
    }

    private static Verb Merge(CliHost host, string? verb)
    {
        var shard = new Argument<string>("SHARD") { Description = "The id of an open shard." };
        var adjacent = new Argument<string>("ADJACENT") { Description = "The id of the one before or after it." };
        var wait = Wait();
        return Make(host, verb, "merge", "Merges two neighbours.", [shard, adjacent, wait], (parsed, run) => run.ActAsync(
            "/merge", new JsonObject { ["shard_id"] = parsed.GetRequiredValue(shard), ["adjacent_shard_id"] = parsed.GetRequiredValue(adjacent) },
            WaitOf(parsed, wait)));
    }

    private static Verb Scale(CliHost host, string? verb)
    {
        var shards = new Argument<int>("SHARDS") { Description = "How many shards of even ranges." };
        var method = new Option<string>("--method")
        {
            Description = "plan: our own splits and merges, nothing is sent twice; update_shard_count: AWS' own call.",
            DefaultValueFactory = static _ => "plan",
        };
        method.AcceptOnlyFromAmong("plan", "update_shard_count");
        var wait = Wait();
        return Make(host, verb, "scale", "Brings a stream to a number of shards.", [shards, method, wait], (parsed, run) => run.ActAsync(
            "/scale", new JsonObject { ["shards"] = parsed.GetRequiredValue(shards), ["method"] = parsed.GetRequiredValue(method) }, WaitOf(parsed, wait)));
    }

    private static Verb Plan(CliHost host, string? verb)
    {
        var shards = new Argument<int?>("SHARDS") { Description = "How many shards; without it what the policy would do now.", Arity = ArgumentArity.ZeroOrOne };
        return Make(host, verb, "plan", "Shows what would be done, why, and the resulting ranges. Changes nothing.", [shards], (parsed, run) => run.PlanAsync(parsed.GetValue(shards)));
    }

    private static Verb Policy(CliHost host, string? verb)
    {
        var mode = new Argument<string?>("MODE") { Description = "off, dry-run or on; without it nothing is switched.", Arity = ArgumentArity.ZeroOrOne };
        mode.AcceptOnlyFromAmong("off", "dry-run", "dry_run", "on");
        var set = new Option<string[]>("--set") { Description = "Changes a setting, such as max_shards=64; may be given several times.", HelpName = "NAME=VALUE" };
        set.Validators.Add(static result =>
        {
            foreach (var token in result.Tokens.Where(static t => t.Value.IndexOf('=') <= 0))
                result.AddError($"--set: '{token.Value}' is not NAME=VALUE");
        });
        return Make(host, verb, "policy", "Shows or changes how a stream is scaled by itself.", [mode, set], (parsed, run) => run.PolicyAsync(parsed.GetValue(mode), parsed.GetValue(set) ?? []));
    }

    private static Option<double> Wait()
    {
        var wait = new Option<double>("--wait") { Description = "Waits so many seconds for the end; otherwise it returns when the operation has begun.", HelpName = "SECONDS" };
        wait.Validators.Add(static result =>
        {
            if (SharedOptions.Value(result) is { } text && double.TryParse(text, out var seconds) && seconds is < 0 or > 3_600)
                result.AddError($"--wait: {text} is not from 0 to 3600");
        });
        return wait;
    }

    private static TimeSpan WaitOf(ParseResult parsed, Option<double> wait) => TimeSpan.FromSeconds(parsed.GetValue(wait));

    private static Verb Make(CliHost host, string? verb, string name, string summary, IEnumerable<Symbol> symbols, Func<ParseResult, AdminVerb, Task<int>> run)
    {
        var command = new Verb(name, summary, Access, verb == name);
        foreach (var symbol in symbols)
        {
            if (symbol is Argument argument)
                command.Add(argument);
            else
                command.Add((Option)symbol);
        }

        SetTierAction(command, async (parsed, tier, stream, json) =>
        {
            using var admin = new AdminVerb(host, tier, stream, json);
            return await run(parsed, admin).ConfigureAwait(false);
        });
        return command;
    }

    /// <summary>Adds the options and the action of a verb that calls a tier about a stream.</summary>
    internal static void SetTierAction(Verb command, Func<ParseResult, string?, string, bool, Task<int>> run)
    {
        var (stream, tier, json) = (SharedOptions.Stream(), SharedOptions.Tier(), SharedOptions.Json("The tier's answer, as one line of JSON."));
        command.Add(stream);
        command.Add(tier);
        command.Add(json);
        command.SetAction((parsed, _) => run(parsed, parsed.GetValue(tier), parsed.GetRequiredValue(stream), parsed.GetValue(json)));
    }
}
