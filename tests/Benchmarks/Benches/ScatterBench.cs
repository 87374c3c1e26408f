using Orleans.Kpl.Benchmarks.Kernel;
using Orleans.Kpl.Benchmarks.Processes;

namespace Orleans.Kpl.Benchmarks.Benches;

/// <summary>
/// What keeping the records of a thousand shards apart costs in memory alone, see <see cref="ScatterLoop"/>: the floor under what
/// <c>endtoend</c> needs more for 1,024 shards than for 4.
/// </summary>
internal static class ScatterBench
{
    public const string Verb = "scatter-run";

    private const int Runs = 9;
    private const int Batches = 4_000;

    public static async Task<Figures> RunAsync(BenchArguments arguments)
    {
        await using var process = ChildProcess.Start(Affinity.ProducerProcessors, Verb, $"{arguments.Runs ?? Runs}");
        var found = await process.ReadAsync<double[]>();
        return new Figures().Add("ns_4", found[0]).Add("ns_1024", found[1]).Add("extra_ns", found[1] - found[0]);
    }

    public static void RunInProcess(int runs)
    {
        // Members as endtoend's aggregates have them: of full size, and of what comes in a linger.
        var (few, many) = (new ScatterLoop(4, 350), new ScatterLoop(1_024, 120));
        var (onFew, onMany) = (new List<double>(), new List<double>());
        for (var run = 0; run <= runs; run++)
        {
            var (four, thousand) = (few.Measure(Batches), many.Measure(Batches));
            // The first run warms up.
            if (run == 0)
                continue;
            onFew.Add(four);
            onMany.Add(thousand);
        }

        if (few.Sum == 0 || many.Sum == 0)
            throw new BenchFailedException("nothing was read");
        ChildProcess.Tell((double[])[Figures.Median(onFew), Figures.Median(onMany)]);
    }
}
