using System.CommandLine;
using Orleans.Kpl.Cli.Bench;
using Orleans.Kpl.Cli.Settings;
using Orleans.Kpl.Cli.Terminal;

namespace Orleans.Kpl.Cli.Commands;

/// <summary><c>kpl bench</c>: its arguments.</summary>
internal static class BenchCommand
{
    private const string Description = """
        Puts records with random keys into a stream that exists, as fast as it takes them, and observes every outcome.

        Prints one line {"via","records","failed","seconds","cpu_seconds","records_per_second","mib_per_second","kinesis_records",
        "p50_ms","p99_ms"}: seconds from the first put to the last outcome, CPU of this process in that span, distinct Kinesis
        records among the outcomes, MiB of data only, latency from enqueue to outcome. Without --json a line for people goes to
        standard error as well.

        embedded: a producer in this process, to --endpoint. http: a tier, batches of 500, the data a JSON string of that many
        bytes. cluster: Orleans silos, with the settings of Kpl:Cluster. Default: http where only --tier is given, else embedded.

        Exit code: 0 all delivered, 1 some failed, 2 bad arguments or settings, 3 tier, endpoint, stream or program not there.
        """;

    /// <summary>The largest data that Kinesis takes, without the key.</summary>
    private const int LargestSize = (10 << 20) - 36;

    public static Command Create(CliHost host)
    {
        var stream = SharedOptions.Stream();
        var records = new Option<long>("--records", "-n") { Description = "How many records.", HelpName = "N", Required = true };
        records.Validators.Add(static result => SharedOptions.CheckRange(result, "--records", 1, long.MaxValue));
        var size = new Option<int>("--size") { Description = "Bytes of data of each record.", HelpName = "BYTES", Required = true };
        size.Validators.Add(static result => SharedOptions.CheckRange(result, "--size", 0, LargestSize));
        var via = new Option<BenchVia?>("--via") { Description = "embedded, http or cluster.", HelpName = "embedded|http|cluster" };
        var tier = SharedOptions.Tier();
        var endpoint = SharedOptions.Endpoint("");
        var json = SharedOptions.Json("Print the line of JSON only.");

        var command = new Command("bench", Description) { stream, records, size, via, tier, endpoint, json };
        command.SetAction((parsed, _) =>
        {
            var settings = new CliSettings(host, parsed.GetValue(tier), parsed.GetValue(endpoint));
            var arguments = new BenchArguments(
                parsed.GetRequiredValue(stream), parsed.GetRequiredValue(records), parsed.GetRequiredValue(size),
                parsed.GetValue(via) ?? (settings is { HasTier: true, HasEndpoint: false } ? BenchVia.Http : BenchVia.Embedded),
                parsed.GetValue(json));
            return arguments is { Via: BenchVia.Http, Size: 0 }
                ? throw CliException.BadArguments("--size: over http the data is a JSON text, which has 1 byte at least")
                : BenchVerb.RunAsync(host, settings, arguments);
        });
        return command;
    }
}
