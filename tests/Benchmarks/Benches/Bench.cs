namespace Orleans.Kpl.Benchmarks.Benches;

/// <summary>Every bench by its name, and the loop that all of them have.</summary>
internal static class Bench
{
    public static IReadOnlyDictionary<string, Func<BenchArguments, Task<Figures>>> All { get; } = new Dictionary<string, Func<BenchArguments, Task<Figures>>>
    {
        ["kernel"] = KernelBench.RunAsync,
        ["endtoend"] = EndToEndBench.RunAsync,
        ["limits"] = LimitsBench.RunAsync,
        ["latency"] = LatencyBench.RunAsync,
        ["memory"] = MemoryBench.RunAsync,
        ["idle"] = StreamsBench.RunIdleAsync,
        ["threads"] = ThreadsBench.RunAsync,
        ["scaling"] = ScalingBench.RunAsync,
        ["isolation"] = IsolationBench.RunAsync,
        ["shards"] = ShardsBench.RunAsync,
        ["streams"] = StreamsBench.RunAsync,
        ["cluster"] = ClusterBench.RunAsync,
        ["shared-limits"] = SharedLimitsBench.RunAsync,
        ["ordered"] = LimitsBench.RunOrderedAsync,
        ["backlog"] = BacklogBench.RunAsync,
        ["replay"] = ReplayBench.RunAsync,
        ["http"] = HttpBench.RunAsync,
        ["metrics"] = MetricsBench.RunAsync,
        ["tail"] = TailBench.RunAsync,
        ["start"] = StartBench.RunAsync,
    };

    /// <summary>Measures round after round, tells each, and leaves out those that warm up.</summary>
    /// <param name="arguments">They may say how many rounds count.</param>
    /// <param name="runs">The bench's own number.</param>
    /// <param name="warmUps">Rounds before those that count.</param>
    public static async Task<Figures> MeasureAsync(BenchArguments arguments, int runs, Func<Figures, Task> measureAsync, int warmUps = 0)
    {
        var figures = new Figures();
        for (var round = 1 - warmUps; round <= (arguments.Runs ?? runs); round++)
        {
            var found = new Figures();
            await measureAsync(found);
            Say($"{(round < 1 ? "warm-up" : $"run {round}")}: {found}");
            if (round > 0)
                figures.Add(found);
        }

        return figures;
    }

    /// <summary>Tells how far a bench is, beside its result.</summary>
    public static void Say(string text) => Console.Error.WriteLine(text);
}
