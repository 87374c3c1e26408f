using System.CommandLine;
using Orleans.Kpl.Cli.Runs;
using Orleans.Kpl.Cli.Settings;
using Orleans.Kpl.Cli.Terminal;

namespace Orleans.Kpl.Cli.Commands;

/// <summary>Defines the arguments of <c>kpl run</c>.</summary>
internal static class RunCommand
{
    public const string Name = "run";

    private const string Summary = "Puts what comes in by a file, a port or standard input, as a file in YAML says.";

    private static readonly VerbHelp Help = new()
    {
        Details = """
            The file has three sections: input (stdin, file, http_server or tcp), processors (parse_json, set, delete, rename, select,
            gzip) and output (aws_kinesis or tier). docs/run.md has all their fields. ${NAME} in it is an environment variable,
            ${NAME:-TEXT} one with a default. Every mistake is told at once, with its line and column.

            Where the output takes no more, nothing more is read. Ctrl-C and SIGTERM end the reading, and what was read is delivered.
            A followed file is read on where the last run's deliveries ended, whatever ended that run.
            """,
        Examples =
        [
            new("run -f run.yaml", "Runs until the input ends, or until it is interrupted."),
            new("run -f run.yaml --check", "Says whether the file is right, and runs nothing."),
        ],
        ExitCodes =
        [
            (ExitCode.Success, "All records are delivered. An input without end was interrupted, and all that it took is delivered."),
            (ExitCode.SomeFailed, "Some failed; standard error says which, and why."), (ExitCode.BadArguments, "The file or the settings are wrong."),
            (ExitCode.NotThere, "The tier, the endpoint, the stream or a file is not there."),
        ],
        Variables = [.. SharedOptions.TierVariables, SharedOptions.SettingsVariables],
    };

    public static Command Create(CliHost host, bool isAsked)
    {
        var file = new Option<string>("--file", "-f") { Description = "The file, in YAML or JSON.", HelpName = "FILE", Required = true };
        var check = new Option<bool>("--check") { Description = "Only check the file: open no input and no output." };
        var json = SharedOptions.Json("Also print the summary as one line of JSON on standard output.");
        var command = new Verb(Name, Summary, Help, isAsked) { file, check, json };
        command.SetAction((parsed, _) =>
        {
            var arguments = new RunArguments(parsed.GetRequiredValue(file), parsed.GetValue(check), parsed.GetValue(json));
            return RunVerb.RunAsync(host, new CliSettings(host, null, null), arguments);
        });
        return command;
    }
}
