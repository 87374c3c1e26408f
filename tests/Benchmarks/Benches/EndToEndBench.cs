using Orleans.Kpl.Benchmarks.Endpoint;
using Orleans.Kpl.Benchmarks.Loads;

namespace Orleans.Kpl.Benchmarks.Benches;

/// <summary>
/// Records per second of the producer process's processor time, user and system: signed requests over loopback, every result looked at, the endpoint on
/// another processor. With <c>--tls</c> over TLS, and what that costs to the same load over clear text in neighbouring turns: there a run is longer, so that
/// the handshakes of its new connections are as little of it as in service.
/// </summary>
internal static class EndToEndBench
{
    private const int Runs = 5;

    private static readonly (string Name, LoadSpec Load, double? MostOverTls)[] Variants =
    [
        ("100", new LoadSpec("batch", 100, 64, 4_000_000), 1.2),
        ("1024", new LoadSpec("batch", 1024, 64, 800_000), 1.35),
        ("1024_cbor", new LoadSpec("batch-cbor", 1024, 64, 800_000), null),
        ("100_4_shards", new LoadSpec("batch", 100, 4, 4_000_000), null),
        ("100_1024_shards", new LoadSpec("batch", 100, 1024, 4_000_000), null),
        ("single", new LoadSpec("single", 100, 64, 2_000_000), null),
    ];

    public static async Task<Figures> RunAsync(BenchArguments arguments)
    {
        await using var clear = await EndpointProcess.StartAsync(arguments.Tls ? EndpointProcess.NoLimit : null);
        await using var inClear = LoadProcess.Start(clear);
        await using var secure = arguments.Tls ? await EndpointProcess.StartAsync(EndpointProcess.NoLimit, hasTls: true) : null;
        await using var overTls = secure is null ? null : LoadProcess.Start(secure);
        // The first round warms up.
        var figures = await Bench.MeasureAsync(arguments, Runs, MeasureAsync, warmUps: 1);
        foreach (var (name, _, most) in Variants.Where(static v => v.MostOverTls is not null))
            figures.Hold($"tls_cost_ratio_{name}", most: most!.Value);
        return figures;

        async Task MeasureAsync(Figures found)
        {
            foreach (var (name, load, most) in Variants.Where(v => arguments.Has(v.Name)))
            {
                var key = name == "single" ? "single_per_cpu_second" : $"records_per_cpu_second_{name}";
                if (overTls is null)
                {
                    found.Add(key, (await LoadProcess.MeasureAsync(clear, inClear, load)).RecordsPerCpuSecond);
                    continue;
                }

                var longer = most is null ? load : load with { Records = 2 * load.Records };
                var without = most is null ? null : await LoadProcess.MeasureAsync(clear, inClear, longer);
                var with = await LoadProcess.MeasureAsync(secure!, overTls, longer);
                found.Add(key, with.RecordsPerCpuSecond);
                if (without is not null)
                    found.Add($"tls_cost_ratio_{name}", without.RecordsPerCpuSecond / with.RecordsPerCpuSecond);
            }
        }
    }
}
