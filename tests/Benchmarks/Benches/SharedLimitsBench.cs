using Orleans.Kpl.Benchmarks.Endpoint;
using Orleans.Kpl.Benchmarks.Loads;
using Orleans.Kpl.Benchmarks.Processes;

namespace Orleans.Kpl.Benchmarks.Benches;

/// <summary>
/// Four processes that keep the same four shards saturated: through two silos of the tier, and each for itself, without adaptation to the others. Counted by
/// the endpoint over 30 seconds after a warm-up.
/// </summary>
internal static class SharedLimitsBench
{
    private const int Producers = 4;

    /// <summary>More than four shards take of each client in the time measured.</summary>
    private const long RecordsPerClient = 400_000;

    private static readonly string Stream = BenchStream.Of(4);

    public static Task<Figures> RunAsync(BenchArguments arguments) => Bench.MeasureAsync(arguments, runs: 1, static async found =>
    {
        foreach (var isTier in (bool[])[true, false])
        {
            await using var endpoint = await EndpointProcess.StartAsync("bucket:1000", processors: [.. Affinity.Processors]);
            await endpoint.BeginAsync(Stream);
            var share = isTier ? await MeasureTierAsync(endpoint) : await MeasureEmbeddedAsync(endpoint);
            var prefix = isTier ? "tier" : "uncoordinated";
            found.Add($"{prefix}_utilisation", share.Used).Add($"{prefix}_throttled_ratio", share.Throttled);
        }
    });

    private static async Task<EndpointShare> MeasureTierAsync(EndpointProcess endpoint)
    {
        await using var silos = await SiloProcesses.StartAsync(2, null, endpoint.Port, "--Kpl:RecordTtl=5m", "--Kpl:MaxOutstandingBytes=16777216");
        var settings = $"{silos.ClientSettings} Kpl__RecordTtl=5m Kpl__MaxOutstandingBytes=4194304";
        var clients = Enumerable.Range(0, Producers).Select(_ => BuiltProgram.StartClusterClient(null, Stream, RecordsPerClient, settings)).ToList();
        var share = await MeasureAsync(endpoint);
        foreach (var client in clients)
            await client.DisposeAsync();
        return share;
    }

    private static async Task<EndpointShare> MeasureEmbeddedAsync(EndpointProcess endpoint)
    {
        var spec = new SaturationSpec(Stream, AdaptiveRate: false);
        var producers = Enumerable.Range(0, Producers).Select(_ => SaturatingLoad.Start(endpoint, spec, null)).ToList();
        var share = await MeasureAsync(endpoint);
        foreach (var producer in producers)
        {
            await producer.AskAsync<SaturationResult>(SaturatingLoad.Stop);
            await producer.DisposeAsync();
        }

        return share;
    }

    private static Task<EndpointShare> MeasureAsync(EndpointProcess endpoint) =>
        endpoint.MeasureAsync(Stream, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30));
}
