using Orleans.Kpl.Benchmarks.Loads;
using Orleans.Kpl.Benchmarks.Processes;
using Orleans.Kpl.Benchmarks.Simulated;

namespace Orleans.Kpl.Benchmarks.Benches;

/// <summary>
/// How much more the pipeline carries on two processors than on one: two callers, no network, the same load. In the same rounds, how much
/// more two processes carry that share nothing, each on a processor of its own: what the machine itself gives.
/// </summary>
internal static class ThreadsBench
{
    private const int Runs = 5;
    // So many that the linger that the last records wait, when nothing runs, does not count.
    private const int Batches = 48_000;

    public static async Task<Figures> RunAsync(BenchArguments arguments)
    {
        if (!Affinity.CanPin)
            throw new BenchFailedException("needs two processors that a process can be kept on");
        await using var one = ChildProcess.Start(Affinity.ProducerProcessors, SimulatedLoad.Verb);
        await using var apart = ChildProcess.Start([Affinity.Processors[1]], SimulatedLoad.Verb);
        await using var two = ChildProcess.Start([.. Affinity.Processors.Take(2)], SimulatedLoad.Verb);
        var (onOne, onTwo, sharingNothing) = (new List<double>(), new List<double>(), new List<double>());
        for (var round = 0; round <= (arguments.Runs ?? Runs); round++)
        {
            var (first, second) = (await RunAsync(one), await RunAsync(two));
            var both = (await Task.WhenAll(RunAsync(one), RunAsync(apart))).Sum();
            Bench.Say($"{(round == 0 ? "warm-up" : $"run {round}")}: {first:N0} records/s on one processor, {second:N0} on two, {both:N0} by two processes that share nothing");
            if (round == 0)
                continue;
            onOne.Add(first);
            onTwo.Add(second);
            sharingNothing.Add(both);
        }

        return new Figures()
            .Add("speedup_2", Figures.Median(onTwo) / Figures.Median(onOne))
            .Add("speedup_2_sharing_nothing", Figures.Median(sharingNothing) / Figures.Median(onOne))
            .Add("records_per_second_1", Figures.Median(onOne))
            .Add("records_per_second_2", Figures.Median(onTwo));
    }

    private static async Task<double> RunAsync(ChildProcess process)
    {
        var result = await process.AskAsync<LoadResult>($"{Batches}");
        return result.Failed == 0 ? result.Records / result.Seconds : throw new BenchFailedException($"{result.Failed} records failed");
    }
}
