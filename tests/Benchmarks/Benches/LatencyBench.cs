using Orleans.Kpl.Benchmarks.Endpoint;
using Orleans.Kpl.Benchmarks.Loads;
using Orleans.Kpl.Benchmarks.Processes;

namespace Orleans.Kpl.Benchmarks.Benches;

/// <summary>
/// How long a record takes at half of what 64 shards allow, and alone on an idle stream, with and without linger. <c>round_trip_ms</c> is the median time
/// of a PutRecords call under that load. With <c>--tls</c> over TLS.
/// </summary>
internal static class LatencyBench
{
    public static Task<Figures> RunAsync(BenchArguments arguments) => Bench.MeasureAsync(arguments, runs: 1, async found =>
    {
        await using var endpoint = await EndpointProcess.StartAsync("bucket:1000", arguments.Tls);
        await endpoint.BeginAsync(HalfLoad.Stream);
        await using var load = ChildProcess.Start(
            Affinity.ProducerProcessors, HalfLoad.Verb, arguments.Tls ? [endpoint.Url, endpoint.AuthorityFile] : [endpoint.Url]);
        var result = await load.ReadAsync<HalfResult>();
        (await endpoint.ReportAsync(HalfLoad.Stream)).Expect(result.Delivered);
        found.Add(result.Figures);
    });
}
