using Orleans.Kpl.Benchmarks.Endpoint;
using Orleans.Kpl.Benchmarks.Loads;
using Orleans.Kpl.Benchmarks.Processes;

namespace Orleans.Kpl.Benchmarks.Benches;

/// <summary>
/// What many streams and many shards cost: 500 streams of 4 shards that nobody uses, and a record over 5,000 shards against one over 4, in turns. And the
/// processor time of a producer that has used 1,000 shards and has nothing to do for a minute.
/// </summary>
internal static class StreamsBench
{
    private static readonly LoadSpec Few = new("batch", 100, 4, 4_000_000);
    private static readonly LoadSpec Many = new("batch", 100, 5_000, 4_000_000);

    public static async Task<Figures> RunAsync(BenchArguments arguments)
    {
        await using var endpoint = await EndpointProcess.StartAsync();
        var figures = new Figures();
        if (arguments.Has("cost"))
        {
            await using var producer = LoadProcess.Start(endpoint);
            figures.Add(await Bench.MeasureAsync(arguments, runs: 5, async found =>
            {
                var few = (await LoadProcess.MeasureAsync(endpoint, producer, Few)).NanosecondsPerRecord;
                var many = (await LoadProcess.MeasureAsync(endpoint, producer, Many)).NanosecondsPerRecord;
                found.Add("cpu_ns_4", few).Add("cpu_ns_5000", many).Add("cost_ratio_5000", many / few);
            }, warmUps: 1));
        }

        if (arguments.Has("idle"))
        {
            // Each stream asks for its own limit within half a minute of its first use.
            var idle = await MeasureIdleAsync(endpoint, "40", Enumerable.Range(0, 500).Select(static i => $"stream-{i}-4"));
            figures.Add("idle_bytes", idle.Bytes).Add("idle_cpu_ratio", idle.CpuRatio);
        }

        return figures.Hold("cost_ratio_5000", most: 1.65).Hold("idle_bytes", most: 100e6).Hold("idle_cpu_ratio", most: 0.002);
    }

    /// <summary>The bench <c>idle</c>.</summary>
    public static async Task<Figures> RunIdleAsync(BenchArguments arguments)
    {
        await using var endpoint = await EndpointProcess.StartAsync();
        return await Bench.MeasureAsync(
            arguments, runs: 1, async found => found.Add("cpu_ratio", (await MeasureIdleAsync(endpoint, "3", [BenchStream.Of(1_000)])).CpuRatio));
    }

    private static async Task<IdleResult> MeasureIdleAsync(EndpointProcess endpoint, string secondsToSettle, IEnumerable<string> streams)
    {
        string[] all = ["first-4", .. streams];
        foreach (var stream in all)
            await endpoint.BeginAsync(stream);
        await using var idle = ChildProcess.Start(Affinity.ProducerProcessors, IdleLoad.Verb, [endpoint.Url, secondsToSettle, .. all]);
        return await idle.ReadAsync<IdleResult>();
    }
}
