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
    private const int Runs = 3;
    private const int Seconds = 12;

    public static async Task<Figures> RunAsync(BenchArguments arguments)
    {
        List<double> alone = [], beside = [];
        for (var run = 1; run <= (arguments.Runs ?? Runs); run++)
        {
            alone.Add(await MeasureAsync(run, isHot: false));
            beside.Add(await MeasureAsync(run, isHot: true));
        }

        return new Figures().Add("p99_ms_alone", Figures.Median(alone)).Add("p99_ms_beside_hot", Figures.Median(beside));
    }

    private static async Task<double> MeasureAsync(int run, bool isHot)
    {
        var stream = ShardRanges.StreamOf(NeighbourLoad.Shards);
        await using var endpoint = ChildProcess.Start(Affinity.EndpointProcessors, LimitedEndpoint.Verb, "bucket:1000");
        var port = await endpoint.ReadAsync<int>();
        await endpoint.AskAsync<bool>(LimitedEndpoint.Create + stream);
        if (isHot)
            await endpoint.AskAsync<bool>(LimitedEndpoint.Throttle + ShardRanges.Id(0));
        await using var load = ChildProcess.Start(Affinity.ProducerProcessors, NeighbourLoad.Verb, $"http://127.0.0.1:{port}/");
        var result = await load.AskAsync<NeighbourResult>(Seconds.ToString(System.Globalization.CultureInfo.InvariantCulture));
        if (isHot != result.Unfinished > 0)
            throw new BenchFailedException($"the first shard should take {(isHot ? "nothing" : "all")}: {result}");
        Bench.Say($"run {run}, {(isHot ? "beside a throttled shard" : "alone")}: {result}");
        return result.P99;
    }
}
