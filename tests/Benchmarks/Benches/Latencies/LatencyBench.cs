using Orleans.Kpl.Benchmarks.Endpoint;
using Orleans.Kpl.Benchmarks.Loads;
using Orleans.Kpl.Benchmarks.Processes;

namespace Orleans.Kpl.Benchmarks.Benches.Latencies;

/// <summary>
/// How long a record takes at half of what 64 shards allow, and alone on an idle stream, with and without linger.
/// <c>round_trip_ms</c> is the median time of a PutRecords call under that load, <c>idle_round_trip_ms</c> that of a call alone.
/// </summary>
internal static class LatencyBench
{
    public static async Task<Figures> RunAsync(BenchArguments arguments)
    {
        var results = new List<LatencyResult>();
        for (var run = 1; run <= (arguments.Runs ?? 1); run++)
        {
            await using var endpoint = ChildProcess.Start(Affinity.EndpointProcessors, LimitedEndpoint.Verb, "bucket:1000");
            var port = await endpoint.ReadAsync<int>();
            await endpoint.AskAsync<bool>(LimitedEndpoint.Create + ShardRanges.StreamOf(HalfLoad.Shards));
            await using var load = ChildProcess.Start(Affinity.ProducerProcessors, HalfLoad.Verb, $"http://127.0.0.1:{port}/");
            results.Add(await load.ReadAsync<LatencyResult>());
            Bench.Say($"run {run}: {results[^1]}");
        }

        return new Figures()
            .Add("p50_ms", Median(r => r.P50))
            .Add("p99_ms", Median(r => r.P99))
            .Add("first_ms", Median(r => r.First))
            .Add("immediate_ms", Median(r => r.Immediate))
            .Add("round_trip_ms", Median(r => r.RoundTrip))
            .Add("idle_round_trip_ms", Median(r => r.IdleRoundTrip))
            .Add("linger_ms", new KplOptions().RecordMaxBufferedTime.TotalMilliseconds);

        double Median(Func<LatencyResult, double> figure) => Figures.Median(results.Select(figure));
    }
}
