using Orleans.Kpl.Benchmarks.Endpoint;
using Orleans.Kpl.Benchmarks.Loads;

namespace Orleans.Kpl.Benchmarks.Benches;

/// <summary>
/// What a record costs, in nanoseconds of the producer process's processor time, at the same total rate over 1, 64 and 1,024 shards:
/// 400,000 records of 100 bytes a second.
/// </summary>
internal static class ShardsBench
{
    private const int PerSecond = 400_000;

    public static async Task<Figures> RunAsync(BenchArguments arguments)
    {
        await using var endpoint = await EndpointProcess.StartAsync();
        await using var load = LoadProcess.Start(endpoint);
        return await Bench.MeasureAsync(arguments, runs: 3, async found =>
        {
            foreach (var shards in (int[])[1, 64, 1024])
            {
                // Two seconds warm up.
                await LoadProcess.MeasureAsync(endpoint, load, new LoadSpec("batch", 100, shards, 2 * PerSecond, PerSecond));
                var result = await LoadProcess.MeasureAsync(endpoint, load, new LoadSpec("batch", 100, shards, 8 * PerSecond, PerSecond));
                found.Add($"cpu_ns_{shards}", result.NanosecondsPerRecord);
            }
        });
    }
}
