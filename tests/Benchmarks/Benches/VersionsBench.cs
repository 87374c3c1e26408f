using Orleans.Kpl.Benchmarks.Endpoint;
using Orleans.Kpl.Benchmarks.Processes;
using Orleans.Kpl.Benchmarks.Web;

namespace Orleans.Kpl.Benchmarks.Benches;

/// <summary>
/// What a byte of a call's body costs a client over TLS in HTTP/1.1 and in HTTP/2, in neighbouring turns. A bare server on another processor takes it.
/// </summary>
internal static class VersionsBench
{
    private const int Runs = 15;

    public static async Task<Figures> RunAsync(BenchArguments arguments)
    {
        using var certificate = new BenchCertificate();
        await using var server = ChildProcess.Start(Affinity.EndpointProcessors, BareKestrel.Verb, certificate.ServerFile);
        var port = await server.ReadAsync<int>();
        await using var client = ChildProcess.Start(
            Affinity.ProducerProcessors, VersionsLoad.Verb, $"https://127.0.0.1:{port}/", certificate.AuthorityFile);
        List<double> first = [], second = [];
        for (var round = 0; round <= (arguments.Runs ?? Runs); round++)
        {
            var (one, two) = (await client.AskAsync<double>("1.1"), await client.AskAsync<double>("2.0"));
            Bench.Say($"{(round == 0 ? "warm-up" : $"run {round}")}: {PerByte(one):N3} ns a byte in HTTP/1.1, {PerByte(two):N3} in HTTP/2");
            // The first round warms up.
            if (round == 0)
                continue;
            first.Add(PerByte(one));
            second.Add(PerByte(two));
        }

        return new Figures()
            .Add("ns_per_byte_http_1", Figures.Median(first))
            .Add("ns_per_byte_http_2", Figures.Median(second))
            .Add("cost_ratio_http_2", Figures.Median(second.Zip(first, static (two, one) => two / one)));
    }

    private static double PerByte(double seconds) => seconds * 1e9 / VersionsLoad.Bytes;
}
