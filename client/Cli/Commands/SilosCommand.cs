using Orleans.Kpl.Cli.Admin;
using Orleans.Kpl.Cli.Terminal;

namespace Orleans.Kpl.Cli.Commands;

/// <summary>Defines the arguments of <c>kpl silos</c>.</summary>
internal static class SilosCommand
{
    public const string Name = "silos";

    public static Verb Create(CliHost host, bool isAsked)
    {
        var help = new VerbHelp
        {
            Details = AdminCommands.Access,
            Examples = [new("silos", "Shows them as a table."), new("silos --json", "Shows them as the tier answers.")],
            ExitCodes =
            [
                (ExitCode.Success, "Shown."), (ExitCode.SomeFailed, "The tier's answer cannot be read."),
                (ExitCode.BadArguments, "The arguments are wrong."), (ExitCode.NotThere, "The tier is not there."),
            ],
            Variables = SharedOptions.AdminVariables,
        };
        var command = new Verb(Name, "Shows a tier's silos: state, version, shards, memory, oldest record.", help, isAsked);
        AdminCommands.SetTierAction(command, async (_, place, json) =>
        {
            using var silos = new SilosVerb(host, place, json);
            return await silos.RunAsync().ConfigureAwait(false);
        });
        return command;
    }
}
