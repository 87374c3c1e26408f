using Orleans.Kpl.Benchmarks.Simulated;

namespace Orleans.Kpl.Benchmarks.Benches;

/// <summary>
/// What one who puts at a steady pace notices of a neighbour: of one that asks for ten times what is its part of the memory, or of the shards, all of
/// them or some, and of one whose stream is stuck.
/// It fails where the neighbour costs more than a twentieth of the records, or half of the time on top.
/// </summary>
internal static class FairBench
{
    private const double LeastThroughput = 0.95;
    private const double MostTime = 1.5;

    public static async Task<Figures> RunAsync(BenchArguments arguments)
    {
        List<FairResult> alone = [], beside = [], stuck = [], inOrder = [];
        for (var run = 1; run <= (arguments.Runs ?? 1); run++)
        {
            alone.Add(await MeasureAsync("alone", null, isStuck: false));
            beside.Add(await MeasureAsync("beside one that asks for all", FairLoad.StreamOfAll, isStuck: false));
            stuck.Add(await MeasureAsync("beside a stream that is stuck", FairLoad.OtherStream, isStuck: true));
            inOrder.Add(await MeasureAsync("beside one that asks for all, in one line", FairLoad.StreamOfAll, isStuck: false, hasTurns: false));
        }

        var missed = new List<string>();
        var fullShards = await MeasureFullShardsAsync(arguments.Runs ?? 1, missed);
        var figures = fullShards.Add("p99_ms_alone", P99(alone)).Add("p99_ms_beside", P99(beside)).Add("p99_ms_beside_stuck", P99(stuck))
            .Add("p99_ms_beside_in_one_line", P99(inOrder));
        Check(figures, missed, "throughput_ratio_beside", PerSecond(beside) / PerSecond(alone), LeastThroughput, double.MaxValue);
        Check(figures, missed, "throughput_ratio_beside_stuck", PerSecond(stuck) / PerSecond(alone), LeastThroughput, double.MaxValue);
        Check(figures, missed, "p99_ratio_beside", P99(beside) / P99(alone), 0, MostTime);
        Check(figures, missed, "p99_ratio_beside_stuck", P99(stuck) / P99(alone), 0, MostTime);
        figures.Add("p99_ratio_beside_in_one_line", P99(inOrder) / P99(alone));
        return missed.Count == 0 ? figures : throw new BenchFailedException(string.Join("; ", missed), figures);
    }

    /// <summary>Memory suffices here, and the neighbour fills all shards, or a quarter of them.</summary>
    private static async Task<Figures> MeasureFullShardsAsync(int runs, List<string> missed)
    {
        var figures = new Figures();
        foreach (var (name, full) in ((string, int)[])[("full_shards", FairLoad.AllShards), ("some_full_shards", FairLoad.AllShards / 4)])
        {
            List<FairResult> alone = [], beside = [], inOrder = [];
            for (var run = 0; run < runs; run++)
            {
                alone.Add(await MeasureAsync($"{name}, alone", null, isStuck: false, fullShards: full));
                beside.Add(await MeasureAsync($"{name}, beside one that fills them", FairLoad.StreamOfAll, isStuck: false, fullShards: full));
                inOrder.Add(await MeasureAsync($"{name}, in one line", FairLoad.StreamOfAll, isStuck: false, hasTurns: false, full));
            }

            figures.Add($"{name}_p99_ms_alone", P99(alone)).Add($"{name}_p99_ms_beside", P99(beside)).Add($"{name}_p99_ms_in_one_line", P99(inOrder))
                .Add($"{name}_neighbour_ratio", Neighbour(beside) / Neighbour(inOrder));
            Check(figures, missed, $"{name}_throughput_ratio", PerSecond(beside) / PerSecond(alone), LeastThroughput, double.MaxValue);
            Check(figures, missed, $"{name}_p99_ratio", P99(beside) / P99(alone), 0, MostTime);
        }

        return figures;
    }

    private static async Task<FairResult> MeasureAsync(string what, string? neighbour, bool isStuck, bool hasTurns = true, int fullShards = 0)
    {
        var result = await FairLoad.RunAsync(neighbour, isStuck, hasTurns, fullShards);
        Bench.Say($"{what}: {result}");
        return result;
    }

    /// <summary>Adds a ratio, and says where it is not what it must be. The other figures are measured all the same.</summary>
    private static void Check(Figures figures, List<string> missed, string name, double ratio, double least, double most)
    {
        if (ratio < least || ratio > most)
            missed.Add($"{name} is {ratio:0.###}: it must be {(most < double.MaxValue ? $"{most} at most" : $"{least} at least")}");
        figures.Add(name, ratio);
    }

    private static double P99(IEnumerable<FairResult> results) => Figures.Median(results.Select(static r => r.P99));

    private static double Neighbour(IEnumerable<FairResult> results) => Figures.Median(results.Select(static r => r.NeighbourPerSecond));

    private static double PerSecond(IEnumerable<FairResult> results) => Figures.Median(results.Select(static r => r.PerSecond));
}
