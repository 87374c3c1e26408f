using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Orleans.Kpl.Cli.Terminal;

namespace Orleans.Kpl.Cli.Commands;

/// <summary>The whole command: finds the verb, runs it, and turns errors into messages and an exit code.</summary>
internal static class KplCommand
{
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, CliHost host)
    {
        var parsed = Create(host, arguments.Count > 0 ? arguments[0] : null).Parse(arguments);
        var errors = Check(parsed);
        if (errors.Count > 0)
            return Fail(host, ExitCode.BadArguments, errors, "see 'kpl --help'");

        await using var help = new StreamWriter(host.Output, leaveOpen: true);
        var invocation = new InvocationConfiguration
        {
            Output = help,
            Error = host.Error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        };
        try
        {
            return await parsed.InvokeAsync(invocation).ConfigureAwait(false);
        }
        catch (CliException exception)
        {
            return Fail(host, exception.Code, exception.Messages);
        }
        catch (IOException exception)
        {
            return Fail(host, ExitCode.NotThere, [exception.Message]);
        }
        catch (OperationCanceledException) when (host.Stop.IsCancellationRequested)
        {
            return Fail(host, ExitCode.Interrupted, ["interrupted before anything was done"]);
        }
    }

    private static RootCommand Create(CliHost host, string? verb)
    {
        var root = new RootCommand("Puts records into Kinesis streams, reads them back, looks inside, and looks after their shards and backlogs.")
        {
            PutCommand.Create(host, verb is PutCommand.Name),
            TailCommand.Create(host, verb is TailCommand.Name),
            InspectCommand.Create(host, verb is InspectCommand.Name),
            BenchCommand.Create(host, verb is BenchCommand.Name),
        };
        foreach (var command in AdminCommands.Create(host, verb))
            root.Add(command);
        root.Add(BacklogCommands.CreateStatus(host, verb));
        root.Add(BacklogCommands.CreateBacklog(host, verb));
        return root;
    }

    private static List<string> Check(ParseResult parsed)
    {
        List<string> errors = parsed.Action is null or ParseErrorAction ? [.. parsed.Errors.Select(static error => error.Message)] : [];
        if (parsed is { Action: not HelpAction, CommandResult.Command: Verb verb })
            errors.AddRange(verb.Check(parsed.CommandResult));
        return errors;
    }

    private static int Fail(CliHost host, int exitCode, IEnumerable<string> messages, string? advice = null)
    {
        foreach (var message in messages)
            host.Error.WriteLine($"kpl: {message}");
        if (advice is not null)
            host.Error.WriteLine($"kpl: {advice}");
        host.Error.Flush();
        return exitCode;
    }
}
