using System.CommandLine;
using Orleans.Kpl.Cli.Check;
using Orleans.Kpl.Cli.Settings;
using Orleans.Kpl.Cli.Terminal;

namespace Orleans.Kpl.Cli.Commands;

/// <summary>Defines the arguments of <c>kpl check</c>.</summary>
internal static class CheckCommand
{
    public const string Name = "check";

    private const string Summary = "Checks settings, credentials, endpoint, stream, rights, limits and clock, and says what to do. Puts no record.";

    private static readonly VerbHelp Help = new()
    {
        Details = """
            Asks what a producer in this process would need, with the settings of section Kpl (appsettings.json in the current folder,
            environment Kpl__...). Prints a line for each question: passed, failed or not checked, what was found, and what to do.
            The files of certificates that Kpl:Http, Kpl:Cluster and KPL_CERT name are read, and what is wrong with each is told.
            Whether putting is allowed is told by a put that Kinesis must refuse: its hash key is out of range.

            With --json it prints one line {"ok","lines":[{"name","stream","status","message","advice"}]}.
            """,
        Examples =
        [
            new("check --stream events", "Checks the way to a stream, as this machine's settings have it."),
            new("check --endpoint http://127.0.0.1:4567", "Checks a local endpoint."),
        ],
        ExitCodes =
        [
            (ExitCode.Success, "Nothing failed."), (ExitCode.SomeFailed, "Something failed; its line says what to do."),
            (ExitCode.BadArguments, "The arguments or the settings are wrong."),
        ],
        Variables = [SharedOptions.EndpointVariables, .. SharedOptions.TierVariables, SharedOptions.SettingsVariables],
    };

    public static Command Create(CliHost host, bool isAsked)
    {
        var (stream, endpoint, json) = (SharedOptions.Stream(), SharedOptions.Endpoint(), SharedOptions.Json("One line of JSON."));
        var command = new Verb(Name, Summary, Help, isAsked) { stream, endpoint, json };
        command.SetAction((parsed, _) => CheckVerb.RunAsync(
            host, new CliSettings(host, null, parsed.GetValue(endpoint)), parsed.GetRequiredValue(stream), parsed.GetValue(json)));
        return command;
    }
}
