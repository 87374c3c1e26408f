using System.Diagnostics;
using System.Globalization;
using Orleans.Kpl.Benchmarks.Processes;

namespace Orleans.Kpl.Benchmarks.Loads;

/// <summary>What idle streams took.</summary>
/// <param name="Bytes">Private bytes of the process that came with the streams: as it is when it idles, nothing collected for the measurement.</param>
internal sealed record IdleResult(long Bytes, double CpuRatio);

/// <summary>Uses each shard of some streams once, then only exists for a minute.</summary>
internal static class IdleLoad
{
    public const string Verb = "idle-load";

    private static readonly TimeSpan Watched = TimeSpan.FromSeconds(60);

    /// <param name="of">Seconds until streams have settled, a stream that does not count, and those that do.</param>
    public static async Task RunAsync(Uri endpoint, string[] of)
    {
        var records = new RecordSet(100);
        await using var producer = BenchProducer.Create(endpoint, static o => o.RateLimit = 100);
        // The runtime's part, the connections and the code are there with the first stream.
        await BenchProducer.UseAsync(producer, records, of[1]);
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        var before = ProcessMemory.PrivateBytes(Environment.ProcessId);
        foreach (var stream in of[2..])
            await BenchProducer.UseAsync(producer, records, stream);

        await Task.Delay(TimeSpan.FromSeconds(int.Parse(of[0], CultureInfo.InvariantCulture)));
        var (cpu, clock) = (Environment.CpuUsage.TotalTime, Stopwatch.GetTimestamp());
        await Task.Delay(Watched);
        var ratio = (Environment.CpuUsage.TotalTime - cpu) / Stopwatch.GetElapsedTime(clock);
        ChildProcess.Tell(new IdleResult(ProcessMemory.PrivateBytes(Environment.ProcessId) - before, ratio));
    }
}
