using System.CommandLine;
using Orleans.Kpl.Cli.Ready;
using Orleans.Kpl.Cli.Settings;
using Orleans.Kpl.Cli.Terminal;

namespace Orleans.Kpl.Cli.Commands;

/// <summary>Defines the arguments of <c>kpl ready</c>.</summary>
internal static class ReadyCommand
{
    public const string Name = "ready";

    private const string Summary = "Asks whether records may be sent to a tier now, and says why not: a health check for containers.";

    private static readonly VerbHelp Help = new()
    {
        Details = """
            Asks /health/ready of the tier, and nothing else: neither Kinesis nor a stream; 'kpl check' asks Kinesis. A tier is not ready
            while it joins its cluster and while it stops. It stays ready while Kinesis is away, because records wait.

            With --wait it asks every second until the tier is ready or the time is up, also where nothing listens yet.
            """,
        Examples =
        [
            new("ready", "Asks the tier on this machine once."),
            new("ready --tier http://kpl:8080 --wait 60", "Waits up to a minute for a tier that starts."),
        ],
        ExitCodes =
        [
            (ExitCode.Success, "The tier is ready."), (ExitCode.SomeFailed, "It is not ready, or does not answer; standard error says why."),
            (ExitCode.BadArguments, "The arguments are wrong."),
        ],
        Variables = [.. SharedOptions.TierVariables],
    };

    public static Command Create(CliHost host, bool isAsked)
    {
        var tier = SharedOptions.Tier();
        var wait = new Option<int>("--wait") { Description = "Asks for so many seconds at most; 0 to 86400. Otherwise once.", HelpName = "SECONDS" };
        wait.Validators.Add(static result => SharedOptions.CheckRange(result, "--wait", 0, 86_400));
        var command = new Verb(Name, Summary, Help, isAsked) { tier, wait };
        command.SetAction((parsed, _) => ReadyVerb.RunAsync(
            host, new CliSettings(host, parsed.GetValue(tier), null).Tier, TimeSpan.FromSeconds(parsed.GetValue(wait))));
        return command;
    }
}
