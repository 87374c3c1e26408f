using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Cli.Admin;
using Orleans.Kpl.Cli.Bench;
using Orleans.Kpl.Cli.Check;
using Orleans.Kpl.Cli.Completion;
using Orleans.Kpl.Cli.Inspect;
using Orleans.Kpl.Cli.Put;
using Orleans.Kpl.Cli.Ready;
using Orleans.Kpl.Cli.Runs;
using Orleans.Kpl.Cli.Tail;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Cli.Top;
using Orleans.Kpl.Cli.Verify;

namespace Orleans.Kpl.Cli.Commands;

/// <summary>The whole command: finds the verb, runs it, and turns errors into messages and an exit code.</summary>
internal static class KplCommand
{
    private const string Summary = "Puts records into Kinesis streams, reads them back, looks inside, and looks after their shards and backlogs.";

    private const int UsualWidth = 80;

    private const int LongestLine = 120;

    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, CliHost host)
    {
        var words = Translate(arguments);
        if (words.Count == 0)
            return Fail(host, ExitCode.BadArguments, ["a verb is needed:", .. VerbList(Create(host), WidthOf(host, host.ErrorIsTerminal))], "'kpl VERB --help' tells of one, with examples");

        var root = Create(host);
        // Help of a verb that is none would be that of all verbs.
        if (arguments is ["help", _, ..] && root.Subcommands.All(command => command.Name != words[0]))
            words = [words[0]];
        var parsed = root.Parse(words);
        var errors = Check(parsed);
        if (errors.Count > 0)
            return Fail(host, ExitCode.BadArguments, errors, $"see '{NameOf(parsed.CommandResult.Command)} --help'");

        try
        {
            return await RunAsync(parsed, host).ConfigureAwait(false);
        }
        catch (CliException exception)
        {
            return Fail(host, exception.Code is ExitCode.Interrupted ? host.StopCode() : exception.Code, exception.Messages);
        }
        catch (KplOptionsException exception)
        {
            return Fail(host, ExitCode.BadArguments, exception.Errors);
        }
        catch (KinesisSettingsException exception)
        {
            return Fail(host, ExitCode.BadArguments, [exception.Message]);
        }
        catch (IOException exception)
        {
            return Fail(host, ExitCode.NotThere, [exception.Message]);
        }
        catch (OperationCanceledException) when (host.Stop.IsCancellationRequested)
        {
            return Fail(host, host.StopCode(), ["interrupted before anything was done"]);
        }
    }

    /// <summary>Creates the verbs with their arguments.</summary>
    internal static RootCommand Create(CliHost host)
    {
        var root = new RootCommand(Summary)
        {
            PutVerb.Create(host),
            RunVerb.Create(host),
            TailVerb.Create(host),
            VerifyVerb.Create(host),
            InspectVerb.Create(host),
            BenchVerb.Create(host),
        };
        foreach (var command in AdminCommands.Create(host))
            root.Add(command);
        root.Add(BacklogCommands.CreateStatus(host));
        root.Add(BacklogCommands.CreateBacklog(host));
        root.Add(TopVerb.Create(host));
        root.Add(SilosVerb.Create(host));
        root.Add(CheckVerb.Create(host));
        root.Add(KeyCommands.Create(host));
        root.Add(IdentityCommands.Create(host));
        root.Add(ReadyVerb.Create(host));
        root.Add(CompletionCommand.Create(host));
        root.Options.OfType<VersionOption>().Single().Action = new VersionAction();
        // Elsewhere such a word is a path.
        if (!OperatingSystem.IsWindows())
        {
            foreach (var alias in (string[])["/h", "/?"])
                root.Options.OfType<HelpOption>().Single().Aliases.Remove(alias);
        }

        return root;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CliHost host)
    {
        // Help is written in one piece: its reader may go away, as in `kpl put --help | head`.
        var (help, width) = (new StringWriter(), WidthOf(host, host.OutputIsTerminal));
        var asked = parsed.CommandResult.Command as Verb;
        if (parsed.Action is HelpAction shown)
        {
            shown.MaxWidth = width;
            asked?.DescribeWhole();
        }

        var exitCode = await parsed.InvokeAsync(new InvocationConfiguration
        {
            Output = help,
            Error = host.Error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        }).ConfigureAwait(false);
        if (parsed.Action is HelpAction)
            asked?.Help.Write(help, host.OutputPaint, width);
        if (help.GetStringBuilder().Length > 0)
            host.Write(help.ToString());
        return exitCode;
    }

    /// <summary>
    /// Takes <c>help VERB</c> and <c>version</c>, which other commands have, for the options that they are here. What completes a line is asked for
    /// its end.
    /// </summary>
    private static IReadOnlyList<string> Translate(IReadOnlyList<string> arguments) => arguments switch
    {
        ["help", ..] => [.. arguments.Skip(1), "--help"],
        ["version"] or ["-v"] or ["-V"] => ["--version"],
        ["[suggest]", var line] => [$"[suggest:{line.Length}]", Unjoin(line)],
        _ => arguments,
    };

    /// <summary>Returns the line with a blank for the sign in an option at its end, as in <c>--via=em</c>, which the parser does not complete.</summary>
    private static string Unjoin(string line)
    {
        var start = line.LastIndexOf(' ') + 1;
        var sign = line.IndexOf('=', start);
        return sign > start && line[start] == '-' ? $"{line[..sign]} {line[(sign + 1)..]}" : line;
    }

    /// <summary>Returns the columns that text keeps to; longer lines than those of a page are hard to read.</summary>
    private static int WidthOf(CliHost host, bool isTerminal) => isTerminal ? Math.Clamp(host.Columns(), 40, LongestLine) : UsualWidth;

    private static IEnumerable<string> VerbList(Command root, int columns)
    {
        var width = root.Subcommands.Max(static command => command.Name.Length);
        return root.Subcommands.OfType<Verb>()
            .SelectMany(verb => $"  {verb.Name.PadRight(width)}  {Lines.Wrap(verb.Summary, columns, width + 4)}".Split('\n'));
    }

    private static string NameOf(Command command) => command is RootCommand ? "kpl" : $"{NameOf(command.Parents.OfType<Command>().First())} {command.Name}";

    private static List<string> Check(ParseResult parsed)
    {
        List<string> errors = parsed.Action is null or ParseErrorAction || (parsed.Action is not HelpAction && Mistyped.HasOptionAmongArguments(parsed))
            ? [.. Mistyped.Describe(parsed)]
            : [];
        if (parsed is { Action: not HelpAction, CommandResult.Command: Verb verb })
            errors.AddRange(verb.Check(parsed.CommandResult));
        return errors;
    }

    private static int Fail(CliHost host, int exitCode, IEnumerable<string> messages, string? advice = null)
    {
        var status = new StatusLine(host);
        foreach (var message in messages)
            status.WriteLine(message.StartsWith(' ') ? message : $"kpl: {message}", Tone.Bad);
        if (advice is not null)
            status.WriteLine($"kpl: {advice}");
        return exitCode;
    }

    private sealed class VersionAction : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            parseResult.InvocationConfiguration.Output.WriteLine($"kpl {KplDiagnostics.Version}");
            return ExitCode.Success;
        }
    }
}
