using System.CommandLine;
using System.Text.Json.Nodes;
using Orleans.Kpl.Cli.Admin;
using Orleans.Kpl.Cli.Terminal;

namespace Orleans.Kpl.Cli.Commands;

/// <summary>Defines the arguments of <c>kpl identities</c> and of the words below it.</summary>
internal static class IdentityCommands
{
    private const string Name = "identities";
    private const string Details =
        "What is changed here holds on all silos, for as long as --for says, and no longer than any of them runs. The file of identities says what holds for good. " + AdminCommands.Access;

    private static readonly string[] Quotas = ["requests_in_flight", "body_bytes_in_flight", "records_per_second", "bytes_per_second"];

    private static readonly (int Code, string Meaning)[] ExitCodes =
    [
        (ExitCode.Success, "Answered, or done."), (ExitCode.SomeFailed, "The tier could not do it."), (ExitCode.BadArguments, "The arguments are wrong."),
        (ExitCode.NotThere, "The tier or the identity is not there, or this is not allowed."),
    ];

    public static Command Create(CliHost host)
    {
        var command = new Verb(Name, "Shows who may use a tier; bans, and changes quotas for a while: list (also without a word), ban, quota, restore.",
            Help(
                new("identities", "Lists them, with their quotas."), new("identities ban orders-service --for 24h", "Refuses it everything, on all silos."),
                new("identities quota orders-service --for 2h --set records_per_second=20000", "Gives it more for a while."),
                new("identities restore orders-service", "Goes back to what the file says.")))
        {
            Act(host, "restore", "Takes back what was changed: the file of identities counts again.", [], [], static _ => []),
            Ban(host),
            Quota(host),
        };
        Run(host, command, static (_, run) => run.ListAsync());
        var list = new Verb("list", "Lists them, with their quotas.", Help(new Example("identities list", "Lists them.")));
        command.Add(Run(host, list, static (_, run) => run.ListAsync()));
        return command;
    }

    private static Verb Ban(CliHost host)
    {
        var duration = For();
        return Act(host, "ban", "Refuses an identity everything.", [duration],
            [new("identities ban orders-service --for 24h", "Refuses it everything for a day.")],
            parsed => new JsonObject { ["for"] = parsed.GetRequiredValue(duration) });
    }

    private static Verb Quota(CliHost host)
    {
        var duration = For();
        var set = new Option<string[]>("--set")
        {
            Description = $"A quota; may be given several times. Quotas are {string.Join(", ", Quotas)}.",
            HelpName = "NAME=NUMBER",
            Required = true,
        };
        set.CompletionSources.Add([.. Quotas.Select(static q => $"{q}=")]);
        set.Validators.Add(SharedOptions.RefuseEach(static text =>
            Parse(text) is not null ? null : $"--set: '{text}' is not NAME=NUMBER; names are {string.Join(", ", Quotas)}"));
        return Act(host, "quota", "Gives an identity other quotas for a while.", [duration, set],
            [new("identities quota orders-service --for 2h --set records_per_second=20000", "Gives it more for two hours.")], parsed =>
            {
                var body = new JsonObject { ["for"] = parsed.GetRequiredValue(duration) };
                foreach (var (name, value) in parsed.GetRequiredValue(set).Select(static s => Parse(s)!.Value))
                    body[name] = value;
                return body;
            });
    }

    private static Option<string> For() => new("--for") { Description = "How long it holds, such as 30m, 24h or 7d.", HelpName = "DURATION", Required = true };

    private static (string Name, long Value)? Parse(string text)
    {
        var end = text.IndexOf('=', StringComparison.Ordinal);
        return end > 0 && Quotas.Contains(text[..end]) && long.TryParse(text[(end + 1)..], out var value) ? (text[..end], value) : null;
    }

    private static Verb Act(
        CliHost host, string name, string summary, IReadOnlyList<Option> options, IReadOnlyList<Example> examples, Func<ParseResult, JsonObject> body)
    {
        var identity = new Argument<string>("IDENTITY") { Description = "The identity's id." };
        var help = Help([.. examples.DefaultIfEmpty(new Example($"identities {name} orders-service", summary))]);
        var command = new Verb(name, summary, help) { identity };
        foreach (var option in options)
            command.Add(option);
        return Run(host, command, (parsed, run) => run.ActAsync(parsed.GetRequiredValue(identity), name, body(parsed)));
    }

    private static VerbHelp Help(params Example[] examples) => AdminCommands.Help(ExitCodes, examples) with { Details = Details };

    private static Verb Run(CliHost host, Verb command, Func<ParseResult, IdentityVerb, Task<int>> run) =>
        AdminCommands.SetTierAction(command, (_, named, json) => new IdentityVerb(host, named, json), run);
}
