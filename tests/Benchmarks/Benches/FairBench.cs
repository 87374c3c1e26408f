using Orleans.Kpl.Benchmarks.Simulated;

namespace Orleans.Kpl.Benchmarks.Benches;

/// <summary>
/// What one who puts at a steady pace notices of a neighbour: of one that asks for ten times what is its part, and of one whose stream is stuck.
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

        var figures = new Figures().Add("p99_ms_alone", P99(alone)).Add("p99_ms_beside", P99(beside)).Add("p99_ms_beside_stuck", P99(stuck))
            .Add("p99_ms_beside_in_one_line", P99(inOrder));
        Check(figures, "throughput_ratio_beside", PerSecond(beside) / PerSecond(alone), LeastThroughput, double.MaxValue);
        Check(figures, "throughput_ratio_beside_stuck", PerSecond(stuck) / PerSecond(alone), LeastThroughput, double.MaxValue);
        Check(figures, "p99_ratio_beside", P99(beside) / P99(alone), 0, MostTime);
        Check(figures, "p99_ratio_beside_stuck", P99(stuck) / P99(alone), 0, MostTime);
        return figures.Add("p99_ratio_beside_in_one_line", P99(inOrder) / P99(alone));
    }

    private static async Task<FairResult> MeasureAsync(string what, string? neighbour, bool isStuck, bool hasTurns = true)
    {
        var result = await FairLoad.RunAsync(neighbour, isStuck, hasTurns);
        Bench.Say($"{what}: {result}");
        return result;
    }

    private static void Check(Figures figures, string name, double ratio, double least, double most)
    {
        if (ratio < least || ratio > most)
            throw new BenchFailedException($"{name} is {ratio:0.###}: it must be {(most < double.MaxValue ? $"{most} at most" : $"{least} at least")}");
        figures.Add(name, ratio);
    }

    private static double P99(IEnumerable<FairResult> results) => Figures.Median(results.Select(static r => r.P99));

    private static double PerSecond(IEnumerable<FairResult> results) => Figures.Median(results.Select(static r => r.PerSecond));
}
