using System.CommandLine;
using System.CommandLine.Parsing;
using Orleans.Kpl.Cli.Batches;
using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Settings;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Cli.Tier;
using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Cli.Put;

/// <summary><c>kpl put</c>: its arguments, and what it does with them.</summary>
internal static class PutVerb
{
    private const string Lines = "lines";

    private const string Ndjson = "ndjson";

    private const string Delivered = "delivered";

    private const string Persisted = "persisted";

    private static readonly VerbHelp Help = new()
    {
        Details = """
            A record is a line without its line end (\n or \r\n); a last line without one counts. With --format lines every line is a
            record byte for byte, an empty line one without data. With --format ndjson every line must be a JSON text, and goes as it
            stands; lines of blanks only are passed over. A line that cannot be put fails alone.

            The records go to a tier. With --endpoint on the command line they go to that Kinesis endpoint, from a producer in this
            process with the settings of section Kpl (appsettings.json in the current folder, environment Kpl__...).

            While Kinesis is away records wait for RecordTtl, 30 s, and fail as Expired, a tier's backlog or not. With --ack persisted a
            record counts when it is in the backlog, which delivers it when Kinesis is back: of a tier with one ('kpl-local --data
            FOLDER'), or with --endpoint of this process (Kpl__Backlog__Directory), which then also begins while Kinesis is away.

            Ctrl-C and SIGTERM end the reading. What was read is delivered, and standard error says how many lines that were; a
            second Ctrl-C ends at once, and says what is undelivered.
            """,
        Examples =
        [
            new("put access.log --stream events", "Puts a file through the tier on this machine, each record with a random key."),
            new("put - --format ndjson --key-field user_id", "Puts JSON texts from standard input, those of one user under one key."),
            new("put orders.ndjson --format ndjson --endpoint http://127.0.0.1:4567 --json", "Puts from this process, and ends with a line for programs."),
        ],
        ExitCodes =
        [
            (ExitCode.Success, "All lines are delivered, or in the tier's backlog."), (ExitCode.SomeFailed, "Some failed; standard error says which, and why."),
            (ExitCode.BadArguments, "The arguments or the settings are wrong."),
            (ExitCode.NotThere, "The tier, the endpoint or the stream is not there, or the input cannot be read to its end."),
        ],
        Variables = [.. SharedOptions.TierVariables, SharedOptions.SettingsVariables],
    };

    public static Command Create(CliHost host)
    {
        var file = SharedOptions.File("The file; '-' for standard input.");
        var format = new Option<string>("--format")
        {
            Description = "How lines become records.",
            HelpName = $"{Lines}|{Ndjson}",
            DefaultValueFactory = static _ => Lines,
        };
        SharedOptions.TakeOneOf(format, Lines, Ndjson);
        var keyField = new Option<string?>("--key-field")
        {
            Description = "With ndjson: the partition key is this field at the top of the object, a string or a number.",
            HelpName = "NAME",
        };
        var key = new Option<string?>("--key") { Description = "The partition key of all records.", HelpName = "TEXT" };
        var random = new Option<bool>("--random") { Description = "A random UUID as the partition key of each record, which goes to the shard that has most tokens. The default." };
        var ack = new Option<string?>("--ack")
        {
            Description = $"When a record counts as done: {Delivered}, the default, or {Persisted} in the backlog, which outlives outages.",
            HelpName = $"{Delivered}|{Persisted}",
        };
        SharedOptions.TakeOneOf(ack, Delivered, Persisted);
        var stream = SharedOptions.Stream();
        var tier = SharedOptions.Tier();
        var endpoint = SharedOptions.Endpoint(": put there from this process, not through a tier");
        var json = SharedOptions.Json("Also print the summary as one line of JSON on standard output.");

        var command = new Verb("put", "Puts the lines of a file or of standard input as records.", Help)
        {
            file, format, keyField, key, random, ack, stream, tier, endpoint, json,
        };
        command.Check = result => Check(result, format, keyField, key, random, tier, endpoint);
        command.SetAction((parsed, _) =>
        {
            var path = parsed.GetValue(file);
            var arguments = new PutArguments(
                path is "-" or null ? null : path, parsed.GetValue(format) is Ndjson, parsed.GetValue(keyField), parsed.GetValue(key),
                parsed.GetRequiredValue(stream), parsed.GetValue(json),
                parsed.GetValue(ack) switch { Persisted => AckLevel.Persisted, Delivered => AckLevel.Delivered, _ => null });
            var settings = new CliSettings(host, parsed.GetValue(tier), parsed.GetValue(endpoint));
            return RunAsync(host, settings, arguments);
        });
        return command;
    }

    private static IEnumerable<string> Check(
        CommandResult result, Option<string> format, Option<string?> keyField, Option<string?> key, Option<bool> random,
        Option<string?> tier, Option<string?> endpoint)
    {
        if (new Option[] { keyField, key, random }.Count(option => SharedOptions.IsGiven(result, option)) > 1)
            yield return "--key-field, --key and --random exclude each other";
        if (SharedOptions.IsGiven(result, keyField) && result.GetResult(format) is not { Tokens: [{ Value: Ndjson }] })
            yield return $"--key-field needs --format {Ndjson}";
        if (result.GetResult(key) is { Tokens: [var named] } && !PartitionKeyRule.IsFit(named.Value))
            yield return $"--key: {PartitionKeyRule.Describe(named.Value)}";
        if (SharedOptions.IsGiven(result, tier) && SharedOptions.IsGiven(result, endpoint))
            yield return "--tier and --endpoint exclude each other: records go to a tier, or to an endpoint from this process";
    }

    private static async Task<int> RunAsync(CliHost host, CliSettings settings, PutArguments arguments)
    {
        var status = new StatusLine(host);
        await using var file = InputFile.Open(host, arguments.File);
        await using var target = await CreateTargetAsync(host, status, settings, arguments).ConfigureAwait(false);

        var start = host.Time.GetTimestamp();
        var tally = new DeliveryTally(status, "line");
        var run = new PutRun(host, tally, file, arguments.CreateFormat(), target);
        if (file.IsKeyboard)
            status.WriteLine($"kpl: reading from the keyboard, a line a record; {InputFile.EndKey} ends");
        using (new InterruptNotice(host, status, () => tally.UnderWay, () => tally.TellEnded(Quantity.Of(run.Lines, "line"))))
        {
            // A bar would be drawn over what is typed.
            await using var stall = new StallNotice(status, host.Time, () => (tally.Ended, tally.UnderWay), target.FindTroubleAsync);
            await using var bar = file.IsKeyboard ? null : new ProgressBar(status, host.Time, () => run.Read(file.Length));
            await run.RunAsync().ConfigureAwait(false);
        }

        var isInterrupted = host.Stop.IsCancellationRequested;
        if (isInterrupted)
            status.WriteLine(DescribeInterrupted(run, tally), Tone.Warning);
        return tally.Tell(host, host.Time.GetElapsedTime(start).TotalSeconds, arguments.Json, isInterrupted, run.Broken);
    }

    private static async Task<IBatchTarget> CreateTargetAsync(CliHost host, StatusLine status, CliSettings settings, PutArguments arguments) =>
        settings.HasEndpoint
            ? await EmbeddedProducer.CreateTargetAsync(host, status, settings.ReadOptions(status), arguments.Stream, arguments.Ack, arguments.Routing)
                .ConfigureAwait(false)
            : new TierTarget(
                new TierConnection(settings.Tier, TierAccess.Of(host), host.Time), arguments.Stream, ack: arguments.Ack ?? AckLevel.Delivered,
                routing: arguments.Routing);

    /// <summary>Says how much of the input was put before Ctrl-C or SIGTERM.</summary>
    private static string DescribeInterrupted(PutRun run, DeliveryTally tally)
    {
        var (isWhole, isInsideLine) = run.End;
        var lines = Quantity.Of(run.Lines, "line") + (isWhole ? ", the whole input" : "");
        return $"kpl: interrupted after {lines}; {tally.Delivered:N0} delivered{(isInsideLine ? "; a line without its end was not put" : "")}";
    }
}

/// <summary>The arguments of <c>kpl put</c>.</summary>
/// <param name="File">The file; null for standard input.</param>
/// <param name="IsNdjson">Whether each line is a JSON text.</param>
/// <param name="Stream">The stream's name or ARN.</param>
/// <param name="Json">Whether the summary goes to standard output as well.</param>
/// <param name="Ack">When a record counts as done; null for what the settings of a producer in this process say, and for delivered through a tier.</param>
internal sealed record PutArguments(string? File, bool IsNdjson, string? KeyField, string? Key, string Stream, bool Json, AckLevel? Ack)
{
    /// <summary>Random keys mean nothing, so they choose no shard; null for what the stream's settings say.</summary>
    public RoutingMode? Routing => Key is null && KeyField is null ? RoutingMode.Even : null;

    public ILineFormat CreateFormat()
    {
        Func<string> nextKey = Key is { } key ? () => key : RandomKeys.Next;
        return IsNdjson ? new JsonLines(nextKey, KeyField) : new TextLines(nextKey);
    }
}
