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

    private const string Access = """
        The tier answers this on its own machine only. Exit code: 0 answered or done, 1 the tier could not do it, 2 bad arguments, 3 tier, stream or record
        not there.
        """;

    public static Command CreateStatus(CliHost host, string? verb)
    {
        var command = new Verb(Status, "Shows what became of a stream's records: books, backlog, and the tier's health.", Access, verb == Status);
        Run(host, command, static (_, run) => run.StatusAsync());
        return command;
    }

    public static Command CreateBacklog(CliHost host, string? verb)
    {
        var command = new Verb(Backlog, "Looks after the records that the backlog could not deliver: list (also without a word), show, requeue, drop.", Access, verb == Backlog);
        Run(host, command, static (_, run) => run.ListAsync(0, 100));
        command.Add(List(host));
        command.Add(Show(host));
        command.Add(Act(host, "requeue", "Puts records into the backlog again, to be tried anew.", static (run, numbers) => run.RequeueAsync(numbers)));
        command.Add(Act(host, "drop", "Gives records up: they count as failed from then on.", static (run, numbers) => run.DropAsync(numbers)));
        return command;
    }

    private static Verb List(CliHost host)
    {
        var after = new Option<long>("--after") { Description = "Only those with a higher number.", HelpName = "N" };
        after.Validators.Add(static result => SharedOptions.CheckRange(result, "--after", 0, long.MaxValue));
        var max = new Option<int>("--max") { Description = "At most so many; 1 to 1000.", HelpName = "N", DefaultValueFactory = static _ => 100 };
        max.Validators.Add(static result => SharedOptions.CheckRange(result, "--max", 1, 1_000));
        var command = new Verb("list", "Lists them, oldest first.", Access, isAsked: true) { after, max };
        Run(host, command, (parsed, run) => run.ListAsync(parsed.GetValue(after), parsed.GetValue(max)));
        return command;
    }

    private static Verb Show(CliHost host)
    {
        var number = new Argument<long>("N") { Description = "The record's number in the list." };
        number.Validators.Add(static result =>
        {
            if (result.Tokens is [var token] && long.TryParse(token.Value, out var n) && n < 1)
                result.AddError($"{n} is no number of a record: they start at 1");
        });
        var command = new Verb("show", "Shows one of them with its data.", Access, isAsked: true) { number };
        Run(host, command, (parsed, run) => run.ShowAsync(parsed.GetRequiredValue(number)));
        return command;
    }

    private static Verb Act(CliHost host, string name, string summary, Func<BacklogVerb, long[]?, Task<int>> act)
    {
        var numbers = new Argument<long[]>("N") { Description = "The records' numbers in the list.", Arity = ArgumentArity.ZeroOrMore };
        var all = new Option<bool>("--all") { Description = "All of them." };
        var command = new Verb(name, summary, Access, isAsked: true) { numbers, all };
        command.Check = result => SharedOptions.IsGiven(result, all) == HasNumbers(result, numbers) ? [$"{name}: give either numbers or --all"] : [];
        Run(host, command, (parsed, run) => act(run, parsed.GetValue(all) ? null : parsed.GetRequiredValue(numbers)));
        return command;
    }

    private static bool HasNumbers(CommandResult result, Argument numbers) => result.GetResult(numbers) is { Tokens.Count: > 0 };

    private static void Run(CliHost host, Verb command, Func<ParseResult, BacklogVerb, Task<int>> run) =>
        AdminCommands.SetTierAction(command, async (parsed, tier, stream, json) =>
        {
            using var backlog = new BacklogVerb(host, tier, stream, json);
            return await run(parsed, backlog).ConfigureAwait(false);
        });
}
