using Orleans.Kpl.Benchmarks.Benches.Idling;
using Orleans.Kpl.Benchmarks.Benches.Latencies;
using Orleans.Kpl.Benchmarks.Scaling;

namespace Orleans.Kpl.Benchmarks.Benches;

/// <summary>Every bench by its name.</summary>
internal static class Bench
{
    public static IReadOnlyDictionary<string, Func<BenchArguments, Task<Figures>>> All { get; } = new Dictionary<string, Func<BenchArguments, Task<Figures>>>
    {
        ["kernel"] = PinnedKernelBench.RunAsync,
        ["hash"] = HashBench.RunAsync,
        ["endtoend"] = EndToEndBench.RunAsync,
        ["command"] = CommandBench.RunAsync,
        ["limits"] = LimitsBench.RunAsync,
        ["latency"] = LatencyBench.RunAsync,
        ["memory"] = MemoryBench.RunAsync,
        ["idle"] = IdleBench.RunAsync,
        ["threads"] = ThreadsBench.RunAsync,
        ["scaling"] = ScalingBench.RunAsync,
        ["isolation"] = IsolationBench.RunAsync,
        ["scatter"] = ScatterBench.RunAsync,
        ["shards"] = ShardsBench.RunAsync,
        ["streams"] = StreamsBench.RunAsync,
        ["cluster"] = ClusterBench.RunAsync,
        ["shared-limits"] = SharedLimitsBench.RunAsync,
        ["ordered"] = OrderedBench.RunAsync,
        ["backlog"] = BacklogBench.RunAsync,
        ["stores"] = StoresBench.RunAsync,
        ["replay"] = ReplayBench.RunAsync,
        ["fair"] = FairBench.RunAsync,
        ["http"] = HttpBench.RunAsync,
        ["rubbish"] = RubbishBench.RunAsync,
        ["sockets"] = SocketsBench.RunAsync,
        ["http-versions"] = VersionsBench.RunAsync,
        ["metrics"] = MetricsBench.RunAsync,
        ["tail"] = TailBench.RunAsync,
        ["start"] = StartBench.RunAsync,
    };

    /// <summary>Tells how far a bench is, beside its result.</summary>
    public static void Say(string text) => Console.Error.WriteLine(text);
}
