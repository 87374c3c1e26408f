using System.CommandLine;
using Orleans.Kpl.Cli.Batches;
using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Runs.Inputs;
using Orleans.Kpl.Cli.Settings;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Cli.Tier;
using Orleans.Kpl.Run;
using Orleans.Kpl.Run.Reading;
using Orleans.Kpl.Run.Yaml;
using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Cli.Runs;

/// <summary><c>kpl run</c>: its arguments, and what it does with them.</summary>
internal static class RunVerb
{
    private static readonly VerbHelp Help = new()
    {
        Details = """
            The file has three sections: input (stdin, file or http_server), processors (parse_json, set, delete, select, gzip) and
            output (aws_kinesis or tier). docs/run.md has all their fields. ${NAME} in it is an environment variable, ${NAME:-TEXT} one
            with a default. Every mistake is told at once, with its line and column.

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
            (ExitCode.Success,
                "All records are delivered. An input without end was interrupted, and all that it took is delivered, or read again by the next run."),
            (ExitCode.SomeFailed, "Some failed; standard error says which, and why."), (ExitCode.BadArguments, "The file or the settings are wrong."),
            (ExitCode.NotThere, "The tier, the endpoint, the stream or a file is not there, or a file cannot be read."),
        ],
        Variables = [.. SharedOptions.TierVariables, SharedOptions.SettingsVariables],
    };

    public static Command Create(CliHost host)
    {
        var file = new Option<string>("--file", "-f") { Description = "The file, in YAML or JSON.", HelpName = "FILE", Required = true };
        var check = new Option<bool>("--check") { Description = "Only check the file: open no input and no output." };
        var json = SharedOptions.Json("Also print the summary as one line of JSON on standard output.");
        var command = new Verb("run", "Puts what comes in by a file, a port or standard input, as a file in YAML says.", Help) { file, check, json };
        command.SetAction((parsed, _) => RunAsync(host, parsed.GetRequiredValue(file), parsed.GetValue(check), parsed.GetValue(json)));
        return command;
    }

    private static async Task<int> RunAsync(CliHost host, string path, bool isCheck, bool json)
    {
        var status = new StatusLine(host);
        var file = Read(host, status, path);
        var settings = new CliSettings(host, null, (file.Output as KinesisOutput)?.Endpoint?.OriginalString);
        if (isCheck)
            return Check(host, status, settings, path, file);

        var start = host.Time.GetTimestamp();
        var tally = new DeliveryTally(status);
        await using var targets = await RunTargets.OpenAsync(host, status, settings, file).ConfigureAwait(false);
        await using var sink = new RunSink(host, status, file, targets, tally);
        await using var input = Open(host, status, sink, file);
        var isWhole = false;
        using (new InterruptNotice(host, status, () => tally.UnderWay, () => tally.TellEnded(Quantity.Of(tally.Taken, "record"))))
        {
            await using var stall = targets.Watch(status, host.Time, tally);
            await using var bar = host.InputIsTerminal && file.Input is StandardInputSettings
                ? null
                : new ProgressBar(status, host.Time, () => new ProgressReading(tally.Delivered, tally.Failed, 0, 0));
            try
            {
                await input.ReadAsync().ConfigureAwait(false);
                isWhole = !sink.Halt.IsCancellationRequested;
            }
            finally
            {
                await sink.DrainAsync().ConfigureAwait(false);
                await input.CompleteAsync().ConfigureAwait(false);
            }
        }

        var isInterrupted = host.Stop.IsCancellationRequested && !input.IsEndless;
        if (sink.WithoutKeyField > 0)
            status.WriteLine($"kpl: {Quantity.Of(sink.WithoutKeyField, "record")} had no field of partition_key, and got a random key each", Tone.Warning);
        if (isInterrupted)
        {
            var rest = isWhole ? ", the whole input" : "; the rest of the input was not read";
            status.WriteLine($"kpl: interrupted after {Quantity.Of(tally.Taken, "record")}{rest}", Tone.Warning);
        }

        return tally.Tell(host, host.Time.GetElapsedTime(start).TotalSeconds, json, isInterrupted, sink.Broken, file.Output.Fallback);
    }

    private static RunFile Read(CliHost host, StatusLine status, string path)
    {
        string text;
        try
        {
            text = File.ReadAllText(host.PathOf(path));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CliException.BadArguments($"{path}: {FileFault.Describe(exception, host.PathOf(path))}");
        }

        var findings = new RunFindings(path);
        var file = RunFileReader.Read(text, name => host.Environment.GetValueOrDefault(name), findings);
        foreach (var warning in findings.Warnings)
            status.WriteLine($"kpl: {warning}", Tone.Warning);
        return file ?? throw CliException.BadArguments(findings.Errors);
    }

    private static IRunInput Open(CliHost host, StatusLine status, RunSink sink, RunFile file) => file.Input switch
    {
        FileInputSettings files => new FileInput(host, status, sink, files, file.Output.Fallback),
        HttpInputSettings http => new HttpInput(host, status, sink, http),
        _ => new LineInput(host, sink),
    };

    private static int Check(CliHost host, StatusLine status, CliSettings settings, string path, RunFile file)
    {
        if (file.Output is KinesisOutput kinesis)
            RunOptions.Read(settings, status, kinesis);
        else
            _ = TierAccess.Of(host);
        var output = file.Output is TierOutput ? "tier" : "aws_kinesis";
        var stream = file.Output.Stream is { } name ? $"stream {name}" : $"streams of field {file.Output.StreamField!.Text}";
        string[] steps = [file.Input.Name, .. file.Processors.Select(static step => step.Name), $"{output}, {stream}"];
        host.Write($"{path}: {string.Join(" -> ", steps)}\n");
        return ExitCode.Success;
    }
}
