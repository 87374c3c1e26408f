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
        if (arguments.Tls)
            return await TlsLatencyBench.RunAsync(arguments);
        var results = new List<LatencyResult>();
        for (var run = 1; run <= (arguments.Runs ?? 1); run++)
        {
            results.Add(await MeasureAsync(null));
            Bench.Say($"run {run}: {results[^1]}");
        }

        return AddTo(new Figures(), results, "");
    }

    /// <summary>Measures once, against an endpoint of its own.</summary>
    /// <param name="certificate">The endpoint's; null for clear text.</param>
    public static async Task<LatencyResult> MeasureAsync(BenchCertificate? certificate)
    {
        string[] server = certificate is null ? [] : [certificate.ServerFile], authority = certificate is null ? [] : [certificate.AuthorityFile];
        await using var endpoint = ChildProcess.Start(Affinity.EndpointProcessors, LimitedEndpoint.Verb, ["bucket:1000", .. server]);
        var port = await endpoint.ReadAsync<int>();
        await endpoint.AskAsync<bool>(LimitedEndpoint.Create + ShardRanges.StreamOf(HalfLoad.Shards));
        var url = $"{(certificate is null ? "http" : "https")}://127.0.0.1:{port}/";
        await using var load = ChildProcess.Start(Affinity.ProducerProcessors, HalfLoad.Verb, [url, .. authority]);
        return await load.ReadAsync<LatencyResult>();
    }

    /// <summary>Adds the medians, each under its name with a prefix.</summary>
    public static Figures AddTo(Figures figures, IReadOnlyList<LatencyResult> results, string prefix)
    {
        return figures
            .Add($"{prefix}p50_ms", Median(r => r.P50))
            .Add($"{prefix}p99_ms", Median(r => r.P99))
            .Add($"{prefix}first_ms", Median(r => r.First))
            .Add($"{prefix}immediate_ms", Median(r => r.Immediate))
            .Add($"{prefix}round_trip_ms", Median(r => r.RoundTrip))
            .Add($"{prefix}idle_round_trip_ms", Median(r => r.IdleRoundTrip))
            .Add($"{prefix}linger_ms", new KplOptions().RecordMaxBufferedTime.TotalMilliseconds);

        double Median(Func<LatencyResult, double> figure) => Figures.Median(results.Select(figure));
    }
}
