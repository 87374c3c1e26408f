using System.Globalization;
using System.Text.Json;
using Orleans.Kpl.Benchmarks.Endpoint;
using Orleans.Kpl.Benchmarks.Processes;

namespace Orleans.Kpl.Benchmarks.Benches;

/// <summary>
/// 100-byte records a second through one silo on a processor of its own, from one client, every outcome observed; the client and an
/// endpoint that answers at once share another processor. The ceiling is what the same calls reach when the silo produces nothing.
/// </summary>
internal static class ClusterBench
{
    private const int Runs = 5;

    // On one processor the silo's code is compiled beside its work: it takes so many until its speed stays the same.
    private const int WarmUps = 1;
    private const int Records = 12_000_000;

    // Each round is a new client, whose code is compiled in its first seconds.
    private const int WarmUpSeconds = 8;
    private const int Shards = 16;

    public static async Task<Figures> RunAsync(BenchArguments arguments)
    {
        await using var endpoint = ChildProcess.Start(Affinity.EndpointProcessors, AnsweringEndpoint.Verb);
        var port = await endpoint.ReadAsync<int>();
        await using var silo = await Silo.StartAsync(Affinity.ProducerProcessors, port, "--Kpl:RateLimit=1000000000", "--Kpl:Cluster:AllowCallsOnly=true");

        List<double> delivered = [], ceiling = [];
        for (var run = 1 - WarmUps; run <= (arguments.Runs ?? Runs); run++)
        {
            var both = (await MeasureAsync(endpoint, silo, isCallsOnly: false), await MeasureAsync(endpoint, silo, isCallsOnly: true));
            Bench.Say($"{(run < 1 ? "warm-up" : $"run {run}")}: {both.Item1:N0} records/s delivered, {both.Item2:N0}/s in calls alone");
            if (run < 1)
                continue;
            delivered.Add(both.Item1);
            ceiling.Add(both.Item2);
        }

        return new Figures().Add("records_per_second", Figures.Median(delivered)).Add("ceiling_records_per_second", Figures.Median(ceiling));
    }

    private static async Task<double> MeasureAsync(ChildProcess endpoint, Silo silo, bool isCallsOnly)
    {
        await endpoint.AskAsync<bool>("reset");
        await using var client = ClusterClient.Start(Affinity.EndpointProcessors, ShardRanges.StreamOf(Shards), Records, $"Kpl__Cluster__GatewayPort={silo.GatewayPort}", isCallsOnly,
            "--warm-up", $"{WarmUpSeconds}");
        var result = JsonDocument.Parse(await client.LineAsync(static l => l.StartsWith('{'))).RootElement;
        var report = await endpoint.AskAsync<EndpointReport>("report");
        if (result.GetProperty("failed").GetInt64() != 0 || !isCallsOnly && (report.Records != Records || report.BadTrailers != 0 || report.StrayMembers != 0))
            throw new BenchFailedException(string.Create(CultureInfo.InvariantCulture, $"not delivered as put: {result}; {report}"));
        return result.GetProperty("records_per_second").GetDouble();
    }
}
