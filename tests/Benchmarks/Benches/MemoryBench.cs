using Orleans.Kpl.Benchmarks.Loads;
using Orleans.Kpl.Benchmarks.Processes;

namespace Orleans.Kpl.Benchmarks.Benches;

/// <summary>The memory of a producer at full load that cannot reach Kinesis for ten minutes of simulated time.</summary>
internal static class MemoryBench
{
    public static Task<Figures> RunAsync(BenchArguments arguments) => Bench.MeasureAsync(arguments, runs: 1, static async found =>
    {
        await using var process = ChildProcess.Start(null, OutageLoad.Verb);
        var result = await process.ReadAsync<OutageResult>();
        if (result.Unbalanced != 0)
            throw new BenchFailedException($"{result.Unbalanced} of {result.Records} records have not ended exactly once");
        found.Add("limit_bytes", result.LimitBytes).Add("peak_bytes", result.PeakBytes).Add("peak_ratio", (double)result.PeakBytes / result.LimitBytes);
    });
}
