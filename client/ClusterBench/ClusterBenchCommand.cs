using System.CommandLine;
using Orleans.Kpl.Cli.Batches;
using Orleans.Kpl.Cli.Bench;
using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Settings;
using Orleans.Kpl.Cli.Terminal;

namespace Orleans.Kpl.ClusterBench;

/// <summary>The arguments of <c>kpl-cluster-bench</c>; <c>kpl bench --via cluster</c> starts it with them.</summary>
internal static class ClusterBenchCommand
{
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, CliHost host)
    {
        var stream = SharedOptions.Stream();
        var records = SharedOptions.Number<long>("--records", "How many records.", 1, long.MaxValue);
        records.Aliases.Add("-n");
        var size = SharedOptions.Number<int>("--size", "Bytes of data of each record.", 0, (10 << 20) - 36, unit: "BYTES");
        (records.Required, size.Required) = (true, true);
        var (rate, warmUp) = (BenchVerb.Rate(), BenchVerb.WarmUp());
        var json = SharedOptions.Json("Print the line of JSON only.");
        var inFlight = SharedOptions.Number<int>("--in-flight", "MiB in flight at most, each record counted with 1 KiB at least.",
            2, 1 << 20, static _ => (int)(InFlightWindow.Largest >> 20), "MIB");
        var clients = SharedOptions.Number<int>("--clients",
            "Producers that share the load record by record, as so many small clients would; 0: one that puts batches.", 0, 10_000);
        var root = new RootCommand("Puts records with random keys through Orleans silos (settings of Kpl:Cluster), and observes every outcome.")
        {
            stream, records, size, rate, warmUp, inFlight, clients, json,
        };
        root.SetAction((parsed, _) => BenchOverCluster.RunAsync(
            host,
            new CliSettings(host, tier: null, endpoint: null),
            new BenchArguments(parsed.GetRequiredValue(stream), parsed.GetRequiredValue(records), parsed.GetRequiredValue(size), BenchVia.Cluster,
                parsed.GetValue(json), parsed.GetValue(rate), parsed.GetValue(warmUp), (long)parsed.GetValue(inFlight) << 20),
            parsed.GetValue(clients)));

        var parsed = root.Parse(arguments);
        try
        {
            if (parsed.Errors.Count > 0)
                throw CliException.BadArguments([.. parsed.Errors.Select(ParserWords.Of)]);
            await using var help = new StreamWriter(host.Output, leaveOpen: true);
            return await parsed.InvokeAsync(
                new InvocationConfiguration { Output = help, Error = host.Error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }
        catch (CliException exception)
        {
            foreach (var message in exception.Messages)
                host.Error.WriteLine($"kpl-cluster-bench: {message}");
            return exception.Code;
        }
        catch (OperationCanceledException) when (host.Stop.IsCancellationRequested)
        {
            host.Error.WriteLine("kpl-cluster-bench: interrupted before anything was put");
            return host.StopCode();
        }
    }
}
