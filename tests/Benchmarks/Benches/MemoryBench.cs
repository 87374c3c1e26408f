using Orleans.Kpl.Benchmarks.Processes;
using Orleans.Kpl.Benchmarks.Simulated;

namespace Orleans.Kpl.Benchmarks.Benches;

/// <summary>The memory of a producer at full load that cannot reach Kinesis for ten minutes of simulated time.</summary>
internal static class MemoryBench
{
    public static async Task<Figures> RunAsync(BenchArguments arguments)
    {
        var peaks = new List<OutageResult>();
        for (var run = 1; run <= (arguments.Runs ?? 1); run++)
        {
            await using var process = ChildProcess.Start(null, OutageLoad.Verb);
            var result = await process.ReadAsync<OutageResult>();
            Bench.Say($"run {run}: {result}");
            if (result.Unbalanced != 0)
                throw new BenchFailedException($"{result.Unbalanced} of {result.Records} records have not ended exactly once");
            peaks.Add(result);
        }

        return new Figures()
            .Add("limit_bytes", peaks[0].LimitBytes)
            .Add("peak_bytes", Figures.Median(peaks.Select(p => (double)p.PeakBytes)))
            .Add("peak_ratio", Figures.Median(peaks.Select(p => (double)p.PeakBytes / p.LimitBytes)))
            .Add("records", Figures.Median(peaks.Select(p => (double)p.Records)));
    }
}
