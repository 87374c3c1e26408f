using Orleans.Kpl.Benchmarks.Endpoint;
using Orleans.Kpl.Benchmarks.Loads;
using Orleans.Kpl.Benchmarks.Processes;

namespace Orleans.Kpl.Benchmarks.Benches.Latencies;

/// <summary>The processor time of a producer that has used 1,000 shards and has nothing to do for a minute.</summary>
internal static class IdleBench
{
    public static async Task<Figures> RunAsync(BenchArguments arguments)
    {
        await using var endpoint = ChildProcess.Start(Affinity.EndpointProcessors, AnsweringEndpoint.Verb);
        var url = $"http://127.0.0.1:{await endpoint.ReadAsync<int>()}/";
        var ratios = new List<double>();
        for (var run = 1; run <= (arguments.Runs ?? 1); run++)
        {
            await using var process = ChildProcess.Start(Affinity.ProducerProcessors, IdleLoad.Verb, url);
            ratios.Add(await process.ReadAsync<double>());
            Bench.Say($"run {run}: {ratios[^1]:P3} of a processor");
        }

        return new Figures().Add("cpu_ratio", Figures.Median(ratios));
    }
}
