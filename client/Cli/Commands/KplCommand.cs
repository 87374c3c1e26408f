using System.CommandLine;
using Orleans.Kpl.Cli.Terminal;

namespace Orleans.Kpl.Cli.Commands;

/// <summary>The whole command: finds the verb, runs it, and turns what went wrong into lines and an exit code.</summary>
internal static class KplCommand
{
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, CliHost host)
    {
        var parsed = Create(host).Parse(arguments);
        if (parsed.Action is null or System.CommandLine.Invocation.ParseErrorAction && parsed.Errors.Count > 0)
            return Fail(host, ExitCode.BadArguments, parsed.Errors.Select(static error => error.Message), "see 'kpl --help'");

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
    }

    internal static RootCommand Create(CliHost host) => new("Puts records into Kinesis streams, reads them back, and looks inside.")
    {
        PutCommand.Create(host),
        TailCommand.Create(host),
        InspectCommand.Create(host),
        BenchCommand.Create(host),
    };

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
