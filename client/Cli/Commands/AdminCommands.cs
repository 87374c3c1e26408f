using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Orleans.Kpl.Cli.Admin;
using Orleans.Kpl.Cli.Costs;
using Orleans.Kpl.Cli.Settings;
using Orleans.Kpl.Cli.Terminal;

namespace Orleans.Kpl.Cli.Commands;

/// <summary>Defines the arguments of the verbs that manage a stream's shards.</summary>
internal static class AdminCommands
{
    public const string Access = "The tier answers this on its own machine only.";

    private const string AnswerAsJson = "The tier's answer, as one line of JSON.";

    private static readonly string[] Modes = ["off", "dry-run", "on"];

    private static readonly (int Code, string Meaning)[] ExitCodes =
    [
        (ExitCode.Success, "Done, or begun."), (ExitCode.SomeFailed, "Refused by Kinesis, another operation runs, or it ended otherwise."),
        (ExitCode.BadArguments, "The arguments are wrong, or not possible for the stream as it is."), (ExitCode.NotThere, "The tier, the stream or the shard is not there, or this is not allowed."),
    ];

    public static IEnumerable<Command> Create(CliHost host) =>
    [
        Shards(host), Heat(host), Split(host), Merge(host), Scale(host), Plan(host), Policy(host), .. CapacityCommands.Create(host),
        CostVerb.Create(host), History(host), Explain(host),
    ];

    private static Verb Shards(CliHost host) =>
        Make(host, "shards", "Shows a stream's open shards, who sends for them, and their load.", [
            new("shards --stream events", "Shows the shards as a table."), new("shards --json", "Shows them as the tier answers."),
        ], [], (_, run) => run.ShardsAsync());

    private static Verb Heat(CliHost host)
    {
        var over = new Option<string>("--over") { Description = "The last hour by the minute, day by quarters of an hour, or week by the hour.", DefaultValueFactory = static _ => "hour" };
        SharedOptions.TakeOneOf(over, "hour", "day", "week");
        return Make(host, "heat", "Shows what the tier sends to a stream as a picture: hash keys by time, with throttles, failures and changes of shards.", [
            new("heat --stream events", "Shows the last hour."), new("heat --over week --json", "Shows the last week as the tier answers."),
        ], [over], (parsed, run) => run.HeatAsync(parsed.GetRequiredValue(over)));
    }

    private static Verb History(CliHost host) =>
        Make(host, "history", "Shows what was done to a stream's shards, and why.", [
            new("history --stream events", "Shows operations, newest first, each with its steps.")], [], (_, run) => run.HistoryAsync());

    private static Verb Explain(CliHost host)
    {
        var failure = new Option<long?>("--failure") { Description = "The number of a failure, as 'kpl explain' alone lists them.", HelpName = "NUMBER" };
        var key = new Option<string?>("--key") { Description = "A partition key.", HelpName = "KEY" };
        var hash = new Option<string?>("--hash") { Description = "A hash key, 0 to 2^128 - 1.", HelpName = "HASH" };
        var max = SharedOptions.Number<int>("--max", "Lists so many of the latest failures at most; 1 to 10,000. With --json all, unless it is given.", 1, 10_000, static _ => AdminVerb.UsualFailures);
        var command = Make(host, "explain", "Tells where a record goes, or why one failed and what to do next.", [
            new("explain --key user-17", "Shows the shard of a key, who sends for it, and how full it is."),
            new("explain --failure 12", "Shows why a record failed: each attempt, and what to do next."),
            new("explain", "Lists the latest failures that the tier remembers."),
        ], [failure, key, hash, max],
            (parsed, run) => run.ExplainAsync(
                parsed.GetValue(failure), parsed.GetValue(key), parsed.GetValue(hash),
                SharedOptions.IsGiven(parsed.CommandResult, max) ? parsed.GetValue(max) : null));
        command.Check = result => new Option[] { failure, key, hash }.Count(o => result.GetResult(o) is not null) > 1
            ? ["one of --failure, --key and --hash is expected"]
            : [];
        return command;
    }

    private static Verb Split(CliHost host)
    {
        var shard = new Argument<string>("SHARD") { Description = "The id of an open shard." };
        var at = new Option<string>("--at")
        {
            Description = "weighted: the median of its load; middle; or the hash key at which the second child starts.",
            HelpName = "weighted|middle|KEY",
            DefaultValueFactory = static _ => "weighted",
        };
        at.CompletionSources.Add("weighted", "middle");
        var wait = Wait();
        return Make(host, "split", "Splits a shard in two.", [
            new("split shardId-000000000002 --wait 60", "Splits at the median of its load, and waits for the end."),
            new("split shardId-000000000002 --at middle", "Splits in the middle of its range."),
        ], [shard, at, wait], (parsed, run) => run.ActAsync(
            "/split", new JsonObject { ["shard_id"] = parsed.GetRequiredValue(shard), ["at"] = parsed.GetRequiredValue(at) }, WaitOf(parsed, wait)));
    }

    private static Verb Merge(CliHost host)
    {
        var shard = new Argument<string>("SHARD") { Description = "The id of an open shard." };
        var adjacent = new Argument<string>("ADJACENT") { Description = "The id of the one before or after it." };
        var wait = Wait();
        return Make(host, "merge", "Merges two neighbours.", [
            new("merge shardId-000000000003 shardId-000000000004 --wait 60", "Merges two shards, and waits for the end.")], [shard, adjacent, wait], (parsed, run) => run.ActAsync(
            "/merge", new JsonObject { ["shard_id"] = parsed.GetRequiredValue(shard), ["adjacent_shard_id"] = parsed.GetRequiredValue(adjacent) },
            WaitOf(parsed, wait)));
    }

    private static Verb Scale(CliHost host)
    {
        var shards = new Argument<int>("SHARDS") { Description = "How many shards of even ranges." };
        var method = new Option<string>("--method")
        {
            Description = "plan: our own splits and merges, nothing is sent twice; update_shard_count: AWS' own call.",
            DefaultValueFactory = static _ => "plan",
        };
        SharedOptions.TakeOneOf(method, "plan", "update_shard_count");
        var wait = Wait();
        var yes = new Option<bool>("--yes", "-y") { Description = "Asks nothing, however many splits and merges the even shards take." };
        return Make(host, "scale", "Brings a stream to a number of shards.", [
            new("scale 16 --wait 600", "Brings it to 16 shards of even ranges, and waits for the end."),
            new("scale 16 --yes", "Makes 16 shards even that are 16 already."),
        ], [shards, method, wait, yes], (parsed, run) => run.ScaleAsync(
            parsed.GetRequiredValue(shards), parsed.GetRequiredValue(method), WaitOf(parsed, wait), parsed.GetValue(yes)));
    }

    private static Verb Plan(CliHost host)
    {
        var shards = new Argument<int?>("SHARDS") { Description = "How many shards; without it what the policy would do now.", Arity = ArgumentArity.ZeroOrOne };
        return Make(host, "plan", "Shows what would be done, why, and the resulting ranges. Changes nothing.", [
            new("plan 16", "Shows how the stream would come to 16 shards."), new("plan", "Shows what the policy would do now.")], [shards], (parsed, run) => run.PlanAsync(parsed.GetValue(shards)));
    }

    private static Verb Policy(CliHost host)
    {
        var mode = new Argument<string?>("MODE") { Description = "off, dry-run or on; without it nothing is switched.", Arity = ArgumentArity.ZeroOrOne };
        mode.CompletionSources.Add(Modes);
        // dry_run is how HTTP writes it.
        mode.Validators.Add(SharedOptions.Refuse(static text => Modes.Append("dry_run").Contains(text, StringComparer.Ordinal) ? null
            : $"'{text}' is no mode of the policy: there are {string.Join(", ", Modes)}"));
        var set = new Option<string[]>("--set") { Description = "Changes a setting, such as max_shards=64; may be given several times. docs/resharding.md explains all.", HelpName = "NAME=VALUE" };
        set.Validators.Add(SharedOptions.RefuseEach(static text => text.IndexOf('=') > 0 ? null : $"--set: '{text}' is not NAME=VALUE"));
        return Make(host, "policy", "Shows or changes how a stream is scaled by itself.", [
            new("policy", "Shows the policy."), new("policy dry-run", "Has it decide, and do nothing."),
            new("policy on --set max_shards=64", "Has it split and merge, up to 64 shards."),
        ], [mode, set], (parsed, run) => run.PolicyAsync(parsed.GetValue(mode), parsed.GetValue(set) ?? []));
    }

    private static Option<double> Wait()
    {
        var wait = new Option<double>("--wait") { Description = "Waits so many seconds for the end; otherwise it returns when the operation has begun.", HelpName = "SECONDS" };
        // The parser's own reading takes 1,5 for 15.
        wait.CustomParser = static result =>
        {
            var text = result.Tokens[0].Value;
            var isNumber = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds);
            if (seconds is not (>= 0 and <= 3_600) || !isNumber)
                result.AddError(isNumber ? $"--wait: {text} is not from 0 to 3600" : $"--wait: '{text}' is no number");
            return seconds;
        };
        return wait;
    }

    private static TimeSpan WaitOf(ParseResult parsed, Option<double> wait) => TimeSpan.FromSeconds(parsed.GetValue(wait));

    internal static Verb Make(
        CliHost host, string name, string summary, IReadOnlyList<Example> examples, IEnumerable<Symbol> symbols,
        Func<ParseResult, AdminVerb, Task<int>> run)
    {
        var command = new Verb(name, summary, Help(ExitCodes, examples));
        foreach (var symbol in symbols)
        {
            if (symbol is Argument argument)
                command.Add(argument);
            else
                command.Add((Option)symbol);
        }

        return SetTierAction(command, (named, stream, json) => new AdminVerb(host, named, stream, json), run);
    }

    /// <summary>Adds the options and the action of a verb that calls a tier about a stream.</summary>
    internal static Verb SetTierAction<T>(
        Verb command, Func<NamedTier, string, bool, T> make, Func<ParseResult, T, Task<int>> run, string jsonHelp = AnswerAsJson)
        where T : TierVerb
    {
        var stream = SharedOptions.Stream();
        command.Add(stream);
        return SetTierAction(command, (parsed, named, json) => make(named, parsed.GetRequiredValue(stream), json), run, jsonHelp);
    }

    /// <summary>Adds the options and the action of a verb that calls a tier.</summary>
    internal static Verb SetTierAction<T>(
        Verb command, Func<ParseResult, NamedTier, bool, T> make, Func<ParseResult, T, Task<int>> run, string jsonHelp = AnswerAsJson)
        where T : TierVerb
    {
        var (tier, admin) = (SharedOptions.Tier(), SharedOptions.Admin());
        var json = SharedOptions.Json(jsonHelp);
        command.Add(tier);
        command.Add(admin);
        command.Add(json);
        command.SetAction(async (parsed, _) =>
        {
            using var verb = make(parsed, new NamedTier(parsed.GetValue(tier), parsed.GetValue(admin)), parsed.GetValue(json));
            try
            {
                return await run(parsed, verb).ConfigureAwait(false);
            }
            catch (Exception e) when (AdminOutput.IsNoAnswer(e))
            {
                throw AdminOutput.NoAnswer();
            }
        });
        return command;
    }

    /// <summary>The help of a verb that calls a tier.</summary>
    internal static VerbHelp Help((int Code, string Meaning)[] exitCodes, params IReadOnlyList<Example> examples) =>
        new() { Details = Access, Examples = examples, ExitCodes = exitCodes, Variables = SharedOptions.AdminVariables };
}
