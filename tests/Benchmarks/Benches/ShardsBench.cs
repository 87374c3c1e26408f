using System.Text.Json;
using Orleans.Kpl.Benchmarks.Endpoint;
using Orleans.Kpl.Benchmarks.Loads;
using Orleans.Kpl.Benchmarks.Processes;

namespace Orleans.Kpl.Benchmarks.Benches;

/// <summary>
/// What a record costs, in nanoseconds of the producer process's processor time, at the same total rate over 1, 64 and 1,024 shards:
/// 400,000 records of 100 bytes a second.
/// </summary>
internal static class ShardsBench
{
    private const int Runs = 3;
    private const int RecordsPerSecond = 400_000;

    private static readonly int[] Shards = [1, 64, 1024];

    public static async Task<Figures> RunAsync(BenchArguments arguments)
    {
        await using var endpoint = ChildProcess.Start(Affinity.EndpointProcessors, AnsweringEndpoint.Verb);
        var port = await endpoint.ReadAsync<int>();
        await using var load = ChildProcess.Start(Affinity.ProducerProcessors, PacedLoad.Verb, $"http://127.0.0.1:{port}/");

        var measured = Shards.ToDictionary(s => s, _ => new List<double>());
        for (var round = 1; round <= (arguments.Runs ?? Runs); round++)
        {
            foreach (var shards in Shards)
            {
                await endpoint.AskAsync<bool>("reset");
                var result = await load.AskAsync<PacedResult>(JsonSerializer.Serialize(new PacedSpec(shards, RecordsPerSecond, WarmUpSeconds: 2, Seconds: 8)));
                var report = await endpoint.AskAsync<EndpointReport>("report");
                if (result.Failed != 0 || report.BadTrailers != 0 || report.StrayMembers != 0 || report.Records != result.Sent
                    || report.NumberSum != result.NumberSum)
                    throw new BenchFailedException($"{shards} shards: not delivered as put: {result}; {report}");
                measured[shards].Add(result.CpuSeconds / result.Records * 1e9);
                Bench.Say($"run {round}, {shards} shards: {measured[shards][^1]:N0} ns per record");
            }
        }

        var figures = new Figures();
        foreach (var shards in Shards)
            figures.Add($"cpu_ns_{shards}", Figures.Median(measured[shards]));
        return figures;
    }
}
