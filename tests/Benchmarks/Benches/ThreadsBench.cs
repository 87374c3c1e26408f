using Orleans.Kpl.Benchmarks.Loads;
using Orleans.Kpl.Benchmarks.Processes;

namespace Orleans.Kpl.Benchmarks.Benches;

/// <summary>How much more the pipeline carries on two processors than on one: two callers, no network, the same load.</summary>
internal static class ThreadsBench
{
    // So many that the linger that the last records wait, when nothing runs, does not count.
    private const int Batches = 48_000;

    public static async Task<Figures> RunAsync(BenchArguments arguments)
    {
        if (!Affinity.CanPin)
            throw new BenchFailedException("needs two processors that a process can be kept on");
        await using var one = ChildProcess.Start(Affinity.ProducerProcessors, SimulatedLoad.Verb);
        await using var two = ChildProcess.Start([.. Affinity.Processors.Take(2)], SimulatedLoad.Verb);
        return await Bench.MeasureAsync(arguments, runs: 5, async found =>
        {
            var (onOne, onTwo) = (await RunAsync(one), await RunAsync(two));
            found.Add("speedup_2", onTwo / onOne).Add("records_per_second_1", onOne).Add("records_per_second_2", onTwo);
        }, warmUps: 1);
    }

    private static async Task<double> RunAsync(ChildProcess process)
    {
        var result = await process.AskAsync<LoadResult>($"{Batches}");
        return result.Failed == 0 ? result.Records / result.Seconds : throw new BenchFailedException($"{result.Failed} records failed");
    }
}
