using System.CommandLine;
using System.CommandLine.Parsing;
using Orleans.Kpl.Cli.Admin;
using Orleans.Kpl.Cli.Terminal;

namespace Orleans.Kpl.Cli.Commands;

/// <summary>Defines the arguments of the verbs about a stream's ledger, backlog and dead letters.</summary>
internal static class BacklogCommands
{
    private const string Status = "status";
    private const string Backlog = "backlog";

    private static readonly (int Code, string Meaning)[] ExitCodes =
    [
        (ExitCode.Success, "Answered, or done."), (ExitCode.SomeFailed, "The tier could not do it."), (ExitCode.BadArguments, "The arguments are wrong."),
        (ExitCode.NotThere, "The tier or the record is not there."),
    ];

    public static Command CreateStatus(CliHost host)
    {
        var help = Help(
            new("status --stream events", "Shows ledger, backlog, capacity and health."), new("status --json", "Shows them as one line of JSON.")) with
        {
            ExitCodes =
            [
                (ExitCode.Success, "The tier delivers."),
                (ExitCode.SomeFailed, "The tier is bad, by its /health: its calls to Kinesis fail, say, or records of any stream failed; or a silo does not say what waits there."),
                (ExitCode.BadArguments, "The arguments are wrong."), (ExitCode.NotThere, "The tier is not there, or the stream does not exist."),
            ],
        };
        var command = new Verb(Status, "Shows what became of a stream's records: ledger, backlog, capacity, and the tier's health.", help);
        return Run(host, command, static (_, run) => run.StatusAsync());
    }

    public static Command CreateBacklog(CliHost host)
    {
        var command = new Verb(Backlog, "Looks after the records that the backlog could not deliver: list (also without a word), show, requeue, drop.",
            Help(
                new("backlog", "Lists them, oldest first."), new("backlog show 3", "Shows one with its data."),
                new("backlog requeue --all", "Tries all of them anew.")));
        Run(host, command, static (_, run) => run.ListAsync(0, 100));
        command.Add(List(host));
        command.Add(Show(host));
        command.Add(Act(host, "requeue", "Puts records into the backlog again, to be tried anew.", static (run, numbers) => run.RequeueAsync(numbers)));
        command.Add(Act(host, "drop", "Gives records up: they count as failed from then on.", static (run, numbers) => run.DropAsync(numbers)));
        return command;
    }

    private static Verb List(CliHost host)
    {
        var after = SharedOptions.Number<long>("--after", "Only those with a higher number.", 0, long.MaxValue);
        var max = SharedOptions.Number<int>("--max", "At most so many; 1 to 1000.", 1, 1_000, static _ => 100);
        var help = Help(new Example("backlog list --after 100 --max 50", "Lists the next fifty."));
        var command = new Verb("list", "Lists them, oldest first.", help) { after, max };
        return Run(host, command, (parsed, run) => run.ListAsync(parsed.GetValue(after), parsed.GetValue(max)));
    }

    private static Verb Show(CliHost host)
    {
        var number = new Argument<long>("N") { Description = "The record's number in the list." };
        number.Validators.Add(SharedOptions.Refuse(static text =>
            long.TryParse(text, out var n) && n < 1 ? $"{n} is no number of a record: they start at 1" : null));
        var command = new Verb("show", "Shows one of them with its data.", Help(new Example("backlog show 3", "Shows record 3."))) { number };
        return Run(host, command, (parsed, run) => run.ShowAsync(parsed.GetRequiredValue(number)));
    }

    private static Verb Act(CliHost host, string name, string summary, Func<BacklogVerb, long[]?, Task<int>> act)
    {
        var numbers = new Argument<long[]>("N") { Description = "The records' numbers in the list.", Arity = ArgumentArity.ZeroOrMore };
        var all = new Option<bool>("--all") { Description = "All of them." };
        var help = Help(new($"backlog {name} 3 5", "Takes records 3 and 5."), new($"backlog {name} --all", "Takes all of them."));
        var command = new Verb(name, summary, help) { numbers, all };
        command.Check = result => SharedOptions.IsGiven(result, all) == HasNumbers(result, numbers) ? [$"{name}: give either numbers or --all"] : [];
        return Run(host, command, (parsed, run) => act(run, parsed.GetValue(all) ? null : parsed.GetRequiredValue(numbers)));
    }

    private static VerbHelp Help(params Example[] examples) => AdminCommands.Help(ExitCodes, examples);

    private static bool HasNumbers(CommandResult result, Argument numbers) => result.GetResult(numbers) is { Tokens.Count: > 0 };

    private static Verb Run(CliHost host, Verb command, Func<ParseResult, BacklogVerb, Task<int>> run) =>
        AdminCommands.SetTierAction(command, (named, stream, json) => new BacklogVerb(host, named, stream, json), run);
}
