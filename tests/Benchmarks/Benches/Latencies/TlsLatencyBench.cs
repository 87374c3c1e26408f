using Orleans.Kpl.Benchmarks.Endpoint;
using Orleans.Kpl.Benchmarks.Loads;

namespace Orleans.Kpl.Benchmarks.Benches.Latencies;

/// <summary>The same as <see cref="LatencyBench"/> over TLS, and in clear text in neighbouring turns.</summary>
internal static class TlsLatencyBench
{
    public static async Task<Figures> RunAsync(BenchArguments arguments)
    {
        using var certificate = new BenchCertificate();
        List<LatencyResult> inClear = [], overTls = [];
        for (var run = 1; run <= (arguments.Runs ?? 1); run++)
        {
            inClear.Add(await LatencyBench.MeasureAsync(null));
            Bench.Say($"run {run} in clear: {inClear[^1]}");
            overTls.Add(await LatencyBench.MeasureAsync(certificate));
            Bench.Say($"run {run} over TLS: {overTls[^1]}");
        }

        var figures = new Figures();
        LatencyBench.AddTo(figures, inClear, "clear_");
        return LatencyBench.AddTo(figures, overTls, "tls_");
    }
}
