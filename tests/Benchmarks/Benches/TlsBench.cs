using Orleans.Kpl.Benchmarks.Endpoint;
using Orleans.Kpl.Benchmarks.Loads;
using Orleans.Kpl.Benchmarks.Processes;

namespace Orleans.Kpl.Benchmarks.Benches;

/// <summary>
/// What TLS costs: the producer's processor time a record over TLS, and over clear text in neighbouring turns. The endpoint's certificate is made for the
/// run, and the producer trusts it by <c>CaCertFile</c>. Handshakes are counted by the endpoint. Each turn is a new producer, which shakes hands for
/// up to 24 connections: a turn is long enough that this is little of it, as it is in service.
/// </summary>
internal static class TlsBench
{
    private const int Runs = 7;

    // Code is compiled for good only after what was seen of it in the first round.
    private const int RoundsToWarm = 1;

    private static readonly (string Name, LoadSpec Load, double Most)[] Variants =
    [
        ("100", new LoadSpec("batch", 100, 64, 8_000_000), 1.2),
        ("100_cbor", new LoadSpec("batch-cbor", 100, 64, 8_000_000), 1.2),
        ("1024", new LoadSpec("batch", 1024, 64, 1_600_000), 1.35),
        ("1024_cbor", new LoadSpec("batch-cbor", 1024, 64, 1_600_000), 1.35),
    ];

    public static async Task<Figures> RunAsync(BenchArguments arguments)
    {
        using var certificate = new BenchCertificate();
        await using var clear = ChildProcess.Start(Affinity.EndpointProcessors, AnsweringEndpoint.Verb);
        await using var secure = ChildProcess.Start(Affinity.EndpointProcessors, AnsweringEndpoint.Verb, certificate.ServerFile);
        var (clearPort, securePort) = (await clear.ReadAsync<int>(), await secure.ReadAsync<int>());
        await using var inClear = ChildProcess.Start(Affinity.ProducerProcessors, LoadProcess.Verb, $"http://127.0.0.1:{clearPort}/");
        await using var overTls = ChildProcess.Start(
            Affinity.ProducerProcessors, LoadProcess.Verb, $"https://127.0.0.1:{securePort}/", certificate.AuthorityFile);

        var variants = Variants.Where(v => arguments.Only is null || arguments.Only.Contains(v.Name)).ToArray();
        var ratios = variants.ToDictionary(v => v.Name, _ => new List<double>());
        var (handshakes, requests) = (0L, 0L);
        for (var round = 1 - RoundsToWarm; round <= (arguments.Runs ?? Runs); round++)
        {
            foreach (var (name, load, _) in variants)
            {
                var (without, _) = await EndToEndBench.MeasureAsync(clear, inClear, $"{name} in clear", load);
                var before = await secure.AskAsync<HandshakeCount>(AnsweringEndpoint.Handshakes);
                var (with, report) = await EndToEndBench.MeasureAsync(secure, overTls, $"{name} over TLS", load);
                var after = await secure.AskAsync<HandshakeCount>(AnsweringEndpoint.Handshakes);
                var ratio = without.RecordsPerCpuSecond / with.RecordsPerCpuSecond;
                Bench.Say($"{(round < 1 ? "warm-up" : $"run {round}")} {name}: {without.RecordsPerCpuSecond:N0} per CPU second in clear, "
                    + $"{with.RecordsPerCpuSecond:N0} over TLS, cost {ratio:N3}; {after.Handshakes - before.Handshakes} handshakes for {report.Requests} calls, {after.Cipher}");
                if (round < 1)
                    continue;
                ratios[name].Add(ratio);
                handshakes += after.Handshakes - before.Handshakes;
                requests += report.Requests;
            }
        }

        var figures = new Figures();
        foreach (var (name, _, _) in variants)
            figures.Add($"tls_cost_ratio_{name}", Figures.Median(ratios[name]));
        figures.Add("calls_per_handshake", (double)requests / handshakes);
        var missed = variants.Where(v => figures[$"tls_cost_ratio_{v.Name}"] > v.Most)
            .Select(v => $"TLS costs {figures[$"tls_cost_ratio_{v.Name}"]:0.###} times at {v.Name}: it must be {v.Most} at most").ToArray();
        return missed.Length == 0 ? figures : throw new BenchFailedException(string.Join("; ", missed), figures);
    }
}
