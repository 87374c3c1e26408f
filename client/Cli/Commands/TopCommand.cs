using System.CommandLine;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Cli.Top;

namespace Orleans.Kpl.Cli.Commands;

/// <summary>Defines the arguments of <c>kpl top</c>.</summary>
internal static class TopCommand
{
    public const string Name = "top";

    private static readonly (int Code, string Meaning)[] ExitCodes =
    [
        (ExitCode.Success, "Shown, until it was interrupted."), (ExitCode.SomeFailed, "The tier's answer cannot be read."),
        (ExitCode.BadArguments, "The arguments are wrong."), (ExitCode.NotThere, "The tier is not there."),
    ];

    public static Verb Create(CliHost host, bool isAsked)
    {
        var once = new Option<bool>("--once") { Description = "Shows one screen as plain text, and ends: for scripts." };
        var help = new VerbHelp
        {
            Details = AdminCommands.Access,
            Examples = [
                new("top --stream events", "Shows rates, shards and silos, until q or Ctrl-C."), new("top --once", "Shows them once."),
                new("top --json", "Prints each pulse as a line of JSON."),
            ],
            ExitCodes = ExitCodes,
            Variables = SharedOptions.AdminVariables,
        };
        var command = new Verb(Name, "Shows a stream live: rates, ledger, shards, silos.", help, isAsked);
        command.Add(once);
        AdminCommands.SetTierAction(command, async (parsed, place, stream, json) =>
        {
            using var top = new TopVerb(host, place, stream, json);
            return await top.RunAsync(parsed.GetValue(once)).ConfigureAwait(false);
        });
        return command;
    }
}
