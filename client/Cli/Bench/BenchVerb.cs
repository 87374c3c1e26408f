using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Cli.Admin;
using Orleans.Kpl.Cli.Batches;
using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Settings;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Cli.Tier;

namespace Orleans.Kpl.Cli.Bench;

/// <summary><c>kpl bench</c>: its arguments, and what it does with them.</summary>
internal static class BenchVerb
{
    private static readonly VerbHelp Help = new()
    {
        Details = """
            Prints one line {"via", "records", "failed", "seconds", "cpu_seconds", "records_per_second", "mib_per_second",
            "kinesis_records", "p50_ms", "p99_ms", "own_cpu_ratio"}: seconds from the first put to the last outcome, CPU of this process in that span, distinct Kinesis
            records among the outcomes, MiB of data only, latency from enqueue to outcome; null where nothing was measured. Without
            --json standard error has a line for people as well, and says what limits the bench: the shards, this process, or nothing yet.

            The records stay in the stream as any others do: 200,000 of random bytes by default, which its consumers read and 'kpl tail'
            shows. Choose a stream for it with --stream, such as one of 'kpl-local --stream events --stream bench'.

            With --rate latencies count from the instant at which a record was due, and "p999_ms" and "longest_pause_ms" follow: the
            longest pause of the garbage collector in this process.

            embedded: a producer in this process, to --endpoint, or where the tier sends; to AWS's own Kinesis only where that is
            named. http: a tier, batches of 500, the data a JSON string of that many bytes. cluster: Orleans silos,
            with the settings of Kpl:Cluster. Default: http where only --tier is given, else embedded.
            """,
        Examples =
        [
            new("bench", "Where the tier on this machine sends, from a producer in this process."),
            new("bench --records 60000 --size 100 --rate 1000", "A minute of even load, for its latencies."),
            new("bench --records 100000 --size 1024 --via http --tier http://127.0.0.1:8080", "Through a tier."),
        ],
        ExitCodes =
        [
            (ExitCode.Success, "All are delivered."), (ExitCode.SomeFailed, "Some failed."), (ExitCode.BadArguments, "The arguments or the settings are wrong."),
            (ExitCode.NotThere, "The tier, the endpoint, the stream or the program for --via cluster is not there."),
        ],
        Variables = [SharedOptions.EndpointVariables, .. SharedOptions.AdminVariables, SharedOptions.SettingsVariables],
    };

    public static Command Create(CliHost host)
    {
        var stream = SharedOptions.Stream();
        var records = SharedOptions.Number<long>("--records", "How many records.", 1, long.MaxValue, static _ => 200_000);
        records.Aliases.Add("-n");
        var size = SharedOptions.Number<int>("--size", "Bytes of data of each record.", 0, LargestSize, static _ => 100, "BYTES");
        var (rate, warmUp) = (Rate(), WarmUp());
        var via = new Option<string?>("--via") { Description = "Which way the records go.", HelpName = string.Join('|', Ways) };
        SharedOptions.TakeOneOf(via, Ways);
        var tier = SharedOptions.Tier();
        var endpoint = SharedOptions.Endpoint();
        var json = SharedOptions.Json("Print the line of JSON only.");

        var command = new Verb("bench", "Puts records with random keys into a stream that exists, as fast as it takes them, and observes every outcome.", Help)
        {
            stream, records, size, rate, warmUp, via, tier, endpoint, json,
        };
        command.Check = result => WayOf(result, via, tier, endpoint) is BenchVia.Http
            && result.GetResult(size) is { Tokens: [var given] } && int.TryParse(given.Value, out var bytes) && bytes == 0
            ? ["--size: over http the data is a JSON text, which has 1 byte at least"]
            : [];
        command.SetAction((parsed, _) =>
        {
            var settings = new CliSettings(host, parsed.GetValue(tier), parsed.GetValue(endpoint));
            var arguments = new BenchArguments(
                parsed.GetRequiredValue(stream), parsed.GetRequiredValue(records), parsed.GetRequiredValue(size),
                WayOf(parsed.CommandResult, via, tier, endpoint), parsed.GetValue(json), parsed.GetValue(rate),
                parsed.GetValue(warmUp));
            return RunAsync(host, settings, arguments);
        });
        return command;
    }

    /// <summary>The names of <see cref="BenchVia"/>, in its order.</summary>
    private static readonly string[] Ways = ["embedded", "http", "cluster"];

    /// <summary>More than a process puts.</summary>
    private const long MostPerSecond = 100_000_000;

    private const int LongestWarmUp = 3600;

    /// <summary>The largest data that Kinesis accepts, without the key.</summary>
    private const int LargestSize = (10 << 20) - 36;

    /// <summary>The option for even load.</summary>
    public static Option<long?> Rate() =>
        SharedOptions.Number<long?>("--rate", "Records a second, evenly; without it as fast as they are taken.", 1, MostPerSecond);

    /// <summary>The option for a time that latencies leave out.</summary>
    public static Option<int> WarmUp() => SharedOptions.Number<int>(
        "--warm-up", "Seconds at the start that rates and latencies leave out: code is compiled then, and connections are made.", 0, LongestWarmUp, unit: "SECONDS");

    private static BenchVia WayOf(CommandResult result, Option<string?> via, Option<string?> tier, Option<string?> endpoint) =>
        result.GetResult(via) is { Tokens: [var way] } ? (BenchVia)Array.IndexOf(Ways, way.Value)
        : SharedOptions.IsGiven(result, tier) && !SharedOptions.IsGiven(result, endpoint) ? BenchVia.Http
        : BenchVia.Embedded;

    private static Task<int> RunAsync(CliHost host, CliSettings settings, BenchArguments arguments) => arguments.Via switch
    {
        BenchVia.Cluster => ClusterProgram.RunAsync(host, arguments),
        BenchVia.Http => RunOverHttpAsync(host, settings, arguments),
        _ => RunEmbeddedAsync(host, settings, arguments),
    };

    /// <summary>Runs the bench against a target that is known to be reachable.</summary>
    /// <param name="list">Lists the stream's open shards, before and after; null, also as its result, where they are not known.</param>
    public static async Task<int> RunAsync(
        CliHost host, StatusLine status, IBatchTarget target, BenchArguments arguments, Func<Task<IReadOnlyList<ShardShare>?>>? list = null)
    {
        var shards = arguments.Json || list is null ? null : await list().ConfigureAwait(false);
        var run = new BenchRun(host, status, target, arguments);
        BenchResult result;
        using (new InterruptNotice(host, status, () => run.UnderWay,
            () => $"{run.Describe("interrupted twice")}, {run.UnderWay:N0} undelivered, of which some may still arrive"))
        await using (new ProgressBar(status, host.Time, run.Read))
            result = await run.RunAsync().ConfigureAwait(false);

        var isInterrupted = host.Stop.IsCancellationRequested;
        if (isInterrupted)
            status.WriteLine(run.Describe("interrupted"), Tone.Warning);
        if (run.Broken is { } broken)
            throw isInterrupted ? broken.As(host.StopCode()) : broken;
        result.Write(host);
        if (!arguments.Json)
        {
            status.WriteLine(result.ToText(), result.Failed > 0 ? Tone.Bad : Tone.Good);
            var now = shards is null || isInterrupted ? null : await list!().ConfigureAwait(false);
            status.WriteLine(BenchBound.Describe(result, shards, Environment.ProcessorCount, now));
        }

        if (result.Failed > 0)
            status.WriteLine($"kpl: failed: {run.FailuresByCode}", Tone.Bad);
        return isInterrupted ? host.StopCode() : result.Failed == 0 ? ExitCode.Success : ExitCode.SomeFailed;
    }

    private static async Task<int> RunEmbeddedAsync(CliHost host, CliSettings settings, BenchArguments arguments)
    {
        var status = new StatusLine(host);
        var (options, _) = await KinesisFinder.ReadOptionsAsync(host, settings, status, isRandom: true).ConfigureAwait(false);
        await using var target = await EmbeddedProducer.CreateTargetAsync(host, status, options, arguments.Stream).ConfigureAwait(false);
        return await RunAsync(
            host, status, target, arguments, () => KinesisConnection.ListOpenShardsAsync(host, status, options, arguments.Stream)).ConfigureAwait(false);
    }

    private static async Task<int> RunOverHttpAsync(CliHost host, CliSettings settings, BenchArguments arguments)
    {
        var status = new StatusLine(host);
        await using var target = new TierTarget(new TierConnection(settings.Tier, TierAccess.Of(host), host.Time), arguments.Stream, places: true);
        return await RunAsync(host, status, target, arguments, () => ListShardsAsync(host, settings, arguments.Stream)).ConfigureAwait(false);
    }

    /// <summary>Asks the tier for the stream's open shards; null if it does not say.</summary>
    private static async Task<IReadOnlyList<ShardShare>?> ListShardsAsync(CliHost host, CliSettings settings, string stream)
    {
        using var tier = new AdminConnection(settings.Admin, TierAccess.Of(host), stream, host.Stop);
        return await tier.TryGetAsync("/shards").ConfigureAwait(false) is (HttpStatusCode.OK, var answer)
            && AdminOutput.TryRead(answer, AdminJson.Default.StreamOverview) is { } overview
            ? [.. overview.Shards.Select(static s => ShardShare.Of(s.ShardId, s.StartingHashKey, s.EndingHashKey))]
            : null;
    }
}

/// <summary>The path that the records of a bench take.</summary>
internal enum BenchVia
{
    Embedded,
    Http,
    Cluster,
}

/// <summary>The arguments of <c>kpl bench</c>.</summary>
/// <param name="Stream">The stream's name or ARN; it must exist.</param>
/// <param name="Size">Bytes of data in each record.</param>
/// <param name="Json">Whether only the line of JSON is printed.</param>
/// <param name="Rate">Records a second, evenly in time; null for as fast as they are taken.</param>
/// <param name="WarmUp">Seconds from the first put that rates and latencies leave out.</param>
/// <param name="InFlight">The most bytes in flight, each record counted with 1 KiB at least.</param>
internal sealed record BenchArguments(
    string Stream, long Records, int Size, BenchVia Via, bool Json, long? Rate = null, int WarmUp = 0, long InFlight = InFlightWindow.Largest);
