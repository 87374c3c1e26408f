using Orleans.Kpl.Benchmarks.Endpoint;
using Orleans.Kpl.Benchmarks.Loads;
using Orleans.Kpl.Benchmarks.Processes;

namespace Orleans.Kpl.Benchmarks.Benches;

/// <summary>
/// The 99th percentile of 15 shards' records, alone and beside a 16th shard that takes nothing: its records are in the same calls, and
/// throttled in each.
/// </summary>
internal static class IsolationBench
{
    private static readonly string Stream = BenchStream.Of(16);

    public static Task<Figures> RunAsync(BenchArguments arguments) => Bench.MeasureAsync(arguments, runs: 3, async found => found
        .Add("p99_ms_alone", await MeasureAsync(isHot: false))
        .Add("p99_ms_beside_hot", await MeasureAsync(isHot: true)));

    private static async Task<double> MeasureAsync(bool isHot)
    {
        await using var endpoint = await EndpointProcess.StartAsync("bucket:1000");
        await endpoint.BeginAsync(Stream);
        if (isHot)
            await endpoint.ThrottleAsync(BenchStream.FirstShard);
        await using var load = ChildProcess.Start(Affinity.ProducerProcessors, NeighbourLoad.Verb, endpoint.Url, Stream);
        var result = await load.ReadAsync<NeighbourResult>();
        (await endpoint.ReportAsync(Stream)).Expect(result.Delivered);
        return result.Failed == 0 && isHot == result.Unfinished > 0
            ? result.P99
            : throw new BenchFailedException($"the first shard should take {(isHot ? "nothing" : "all")}, and the others all: {result}");
    }
}
