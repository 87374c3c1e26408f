using System.CommandLine;
using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Schemas;
using Orleans.Kpl.Cli.Settings;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Cli.Tail;

/// <summary><c>kpl tail</c>: its arguments, and what it does with them.</summary>
internal static class TailVerb
{
    private static readonly VerbHelp Help = new()
    {
        Details = """
            Writes the data of each user record and a line end; with --json a line
            {"shard_id", "sequence_number", "sub_sequence_number", "partition_key", "explicit_hash_key", "data"} with data in base64. The
            explicit hash key is known for members of aggregates only. On a terminal, data that is no text, such as what 'kpl bench'
            puts, is shown by its length and first bytes; --json and a pipe get all of it.

            Records with the header of AWS Glue's schema registry are written without it, and decompressed; standard error names each
            schema version. With --json, "data" stays as it is, and "schema_version_id", "schema_name" and "payload" stand beside it.
            The name is asked of the region's registry, unless Kinesis is a local one.

            Without --follow it ends when every shard has answered that nothing is behind. It reads within the limits that a shard has
            for all its consumers together: up to 4 calls and 2 MiB a second while it is behind, 1 call a second at the tip. It reads as
            an ordinary consumer, not by enhanced fan-out.

            Where nothing names an endpoint, it reads where the tier at KPL_TIER (http://127.0.0.1:8080) sends, if one runs there, and
            says so: that is where 'kpl put' puts.
            """,
        Examples =
        [
            new("tail --stream events", "Reads all that the stream still has."),
            new("tail --follow --from latest", "Waits for new records, until Ctrl-C."),
            new("tail --from 2026-01-31T08:30:00Z --json --endpoint http://127.0.0.1:4567", "Reads from a time on, with keys and sequence numbers."),
        ],
        ExitCodes =
        [
            (ExitCode.Success, "All was read, or the reader of the output went away."), (ExitCode.BadArguments, "The arguments or the settings are wrong."),
            (ExitCode.NotThere, "The endpoint or the stream is not there."),
        ],
        Variables = [SharedOptions.EndpointVariables, SchemaNames.Variable, .. SharedOptions.AdminVariables, SharedOptions.SettingsVariables],
    };

    public static Command Create(CliHost host)
    {
        var from = new Option<string>("--from")
        {
            Description = "start: the oldest record kept; latest: what comes from now on; or a time, such as 2026-01-31T08:30:00Z or seconds since 1970.",
            HelpName = "start|latest|TIME",
            DefaultValueFactory = static _ => "start",
        };
        from.CompletionSources.Add("start", "latest");
        from.Validators.Add(SharedOptions.Refuse(text =>
            TailStart.Parse(text) is not { } start ? $"--from: '{text}' is neither start, latest nor a time such as 2026-01-31T08:30:00Z"
            : start.Position.Timestamp > host.Time.GetUtcNow() ? $"--from: '{text}' lies in the future"
            : null));
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on at the tip until interrupted." };
        var stream = SharedOptions.Stream();
        var endpoint = SharedOptions.Endpoint();
        var json = SharedOptions.Json("A line of JSON for each user record.");
        var raw = new Option<bool>("--raw") { Description = "Write records with the header of AWS Glue's schema registry as they are." };

        var command = new Verb("tail", "Reads a stream back from Kinesis: all shards, parents before their children, aggregates taken apart.", Help)
        {
            from, follow, stream, endpoint, json, raw,
        };
        command.SetAction((parsed, _) => RunAsync(
            host,
            new CliSettings(host, null, parsed.GetValue(endpoint)),
            TailStart.Parse(parsed.GetRequiredValue(from))!,
            parsed.GetRequiredValue(stream),
            parsed.GetValue(follow),
            parsed.GetValue(json),
            parsed.GetValue(raw)));
        return command;
    }

    private static async Task<int> RunAsync(CliHost host, CliSettings settings, TailStart start, string stream, bool follow, bool json, bool raw)
    {
        var status = new StatusLine(host);
        var (options, _) = await KinesisFinder.ReadOptionsAsync(host, settings, status).ConfigureAwait(false);
        using var source = KinesisConnection.Create(host, status, options, stream);
        await source.CheckAsync(host.Stop).ConfigureAwait(false);

        using var names = raw ? null : SchemaNames.Create(host, options, status);
        using var output = new TailOutput(host.Output, status, json, names, host.OutputIsTerminal);
        var run = new TailRun(source, new TailFailures(status, host.Time, stream, source.Endpoint.ToString()), output, host.Time,
            () => status.WriteLine($"kpl: '{stream}' is read to its tip; waiting for new records, Ctrl-C ends"));
        var begin = host.Time.GetTimestamp();
        bool isComplete;
        try
        {
            // No bar is drawn between lines on a terminal.
            await using var bar = host.OutputIsTerminal ? null : new ProgressBar(status, host.Time, () => new ProgressReading(output.Records, 0, 0, 0));
            isComplete = await run.RunAsync(start, follow, host.Stop).ConfigureAwait(false);
        }
        finally
        {
            Tell(status, run, output, host.Time.GetElapsedTime(begin).TotalSeconds);
        }

        // An interrupt is how following ends. Else records are left that were asked for.
        if (isComplete || follow || output.Closed.IsCancellationRequested)
            return ExitCode.Success;
        status.WriteLine("kpl: interrupted before the tip of the stream", Tone.Warning);
        return host.StopCode();
    }

    private static void Tell(StatusLine status, TailRun run, TailOutput output, double seconds)
    {
        var rate = seconds > 0 ? output.Records / seconds : 0;
        var damaged = output.Damaged > 0 ? $", {output.Damaged:N0} damaged aggregates taken for plain data" : "";
        var closed = output.Closed.IsCancellationRequested ? "; the output was closed" : "";
        status.WriteLine($"kpl: {Quantity.Of(output.Records, "record")} from {Quantity.Of(run.Shards, "shard")}{damaged}, in {seconds:0.0} s ({rate:N0}/s){closed}");
    }
}
