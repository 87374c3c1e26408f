using System.CommandLine;
using System.CommandLine.Parsing;
using Orleans.Kpl.Cli.Admin;
using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Settings;
using Orleans.Kpl.Cli.Tail;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Cli.Tier;
using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Cli.Verify;

/// <summary><c>kpl verify</c>: its arguments, and what it does with them.</summary>
internal sealed class VerifyVerb(CliHost host, CliSettings settings, string stream)
{
    private static readonly TimeSpan LongestTtl = TimeSpan.FromDays(24);

    private const string Time = "time such as 2026-01-31T08:30:00Z";

    private static readonly VerbHelp Help = new()
    {
        Details = """
            Each record that is put with ProducerNumbers, or with Ordered, has a number. A number that lies between others of its line and
            does not come is missing; one that comes again is a duplicate. A tier that runs is asked which records failed: these are not
            missing. It also tells how far its producers gave numbers, and so does the backlog's folder of a producer that has ended: what
            is not there up to then is missing too. Where nobody tells, the end of a line is not known: that ends with 0, but "proof" is false
            in JSON. A failed record was told to its caller, who may have put it again, under another number. On an ordered stream, what is
            out of order is a fault too; on others it is usual.

            Times are the approximate arrival timestamps of Kinesis. What lies around the time that was asked for is read too, so that a
            record that was retried at its border is not told as missing. Where something may still be under way, it waits for it as long as
            --record-ttl says. It reads within the limits that a shard has for all its consumers, as 'kpl tail' does.
            """,
        Examples =
        [
            new("verify --stream events", "Judges all that the stream still has."),
            new("verify --from 2026-01-31T08:00:00Z --to 2026-01-31T09:00:00Z", "Judges an hour."),
            new("verify --from 2026-01-31T08:00:00Z --json", "Writes the figures, lines and faults as one line of JSON."),
        ],
        ExitCodes =
        [
            (ExitCode.Success, "Numbers were seen, and none is missing or failed up to the last record that came."),
            (ExitCode.SomeFailed, "Some are missing, failed or under way; the tier that was named, or a silo, did not answer; or nothing can be proved."),
            (ExitCode.BadArguments, "The arguments or the settings are wrong."), (ExitCode.NotThere, "The endpoint, the stream, or the tier that would tell the endpoint is not there."),
        ],
        Variables = [SharedOptions.EndpointVariables, .. SharedOptions.AdminVariables, SharedOptions.SettingsVariables],
    };

    private readonly StatusLine _status = new(host);

    public static Command Create(CliHost host)
    {
        var from = new Option<string>("--from")
        {
            Description = "start: all that the stream still has; or a time, such as 2026-01-31T08:30:00Z or seconds since 1970.",
            HelpName = "start|TIME",
            DefaultValueFactory = static _ => "start",
        };
        from.CompletionSources.Add("start");
        from.Validators.Add(SharedOptions.Refuse(static text =>
            text.Equals("start", StringComparison.OrdinalIgnoreCase) || TimeOf(text) is not null ? null : $"--from: '{text}' is neither start nor a {Time}"));
        var to = new Option<string?>("--to") { Description = "The end of the time, itself not judged; otherwise now.", HelpName = "TIME" };
        to.Validators.Add(SharedOptions.Refuse(static text => TimeOf(text) is null ? $"--to: '{text}' is no {Time}" : null));
        var ttl = new Option<string?>("--record-ttl")
        {
            Description = "The longest RecordTtl of the producers, 0s to 24d: for so long a record may be under way. Otherwise that of the settings, 30 s.",
            HelpName = "DURATION",
        };
        ttl.Validators.Add(SharedOptions.RefuseDuration("--record-ttl", TimeSpan.Zero, LongestTtl, "30s or 5m"));
        var folder = new Option<string?>("--backlog")
        {
            Description = "The backlog's folder of a producer that has ended, which left its last numbers there; otherwise that of the settings.",
            HelpName = "FOLDER",
        };
        folder.Validators.Add(SharedOptions.Refuse(text =>
            Path.GetFullPath(text, host.Directory) is var path && Directory.Exists(path) ? null : $"--backlog: there is no folder {path}"));
        var (stream, endpoint, tier, admin) = (SharedOptions.Stream(), SharedOptions.Endpoint(), SharedOptions.Tier(), SharedOptions.Admin());
        var json = SharedOptions.Json("The figures, lines and faults, as one line of JSON.");
        var command = new Verb("verify", "Reads a stream back and tells which records are missing, by their producer numbers.", Help)
        {
            from, to, ttl, folder, stream, endpoint, tier, admin, json,
        };
        // An option whose value is missing has none to read, and that is told already.
        command.Check = result => Times(Text(result, from), Text(result, to)).Check(host.Time.GetUtcNow());
        command.SetAction((parsed, _) => new VerifyVerb(
                host, new CliSettings(host, parsed.GetValue(tier), parsed.GetValue(endpoint), parsed.GetValue(admin)), parsed.GetRequiredValue(stream))
            .RunAsync(Times(parsed.GetValue(from), parsed.GetValue(to)), parsed.GetValue(ttl), parsed.GetValue(folder), parsed.GetValue(json)));
        return command;
    }

    private static string? Text(CommandResult result, Option option) => result.GetResult(option) is { Tokens: [var token] } ? token.Value : null;

    private static VerifyTimes Times(string? from, string? to) => new(TimeOf(from), TimeOf(to));

    private static DateTimeOffset? TimeOf(string? text) => text is null ? null : TailStart.Parse(text)?.Position.Timestamp;

    private async Task<int> RunAsync(VerifyTimes times, string? ttl, string? folder, bool json)
    {
        var (options, isOfTier) = await KinesisFinder.ReadOptionsAsync(host, settings, _status).ConfigureAwait(false);
        using var source = KinesisConnection.Create(host, _status, options, stream);
        var summary = await source.CheckAsync(host.Stop).ConfigureAwait(false);
        var now = host.Time.GetUtcNow();
        var window = times.On(summary, now, DurationText.TryParse(ttl, out var span) ? span : options.GetStream(stream).RecordTtl);
        var verifier = new DeliveryVerifier(window);
        using var tier = new AdminConnection(settings.Admin, TierAccess.Of(host), stream, host.Stop);
        folder ??= options.Backlog.Directory;
        folder = folder is null ? null : Path.GetFullPath(folder, host.Directory);
        var canonical = folder is null ? stream : await source.CanonicalAsync(options, host.Stop).ConfigureAwait(false);
        var told = new ToldByProducers(tier, isOfTier || settings.AdminSource is not null, folder, canonical, verifier);
        var sink = new VerifySink(verifier, window, times.To ?? now, host.Time);
        var failures = new TailFailures(_status, host.Time, stream, source.Endpoint.ToString());
        var run = new VerifyRun(source, failures, verifier, window, sink, told, host.Time, _status);
        if (!await run.ReadAsync(host.Stop).ConfigureAwait(false))
        {
            _status.WriteLine($"kpl: interrupted: {Quantity.Of(sink.Records, "record")} were read, and nothing is told of them", Tone.Warning);
            return host.StopCode();
        }

        var wasStopped = !await run.AwaitUnderWayAsync(host.Stop).ConfigureAwait(false);
        var report = verifier.GetReport(run.ReadUpTo);
        var text = new VerifyText(stream, window.From, times.To ?? now, report, sink.WrongShard, told.NotCovered, told.Notes(report));
        host.Write(json ? text.ToJson() : text.ToText());
        return wasStopped ? host.StopCode() : text.IsWell ? ExitCode.Success : ExitCode.SomeFailed;
    }
}
