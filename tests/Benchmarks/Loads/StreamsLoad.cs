using System.Diagnostics;
using Orleans.Kpl.Benchmarks.Endpoint;
using Orleans.Kpl.Benchmarks.Processes;

namespace Orleans.Kpl.Benchmarks.Loads;

/// <summary>What idle streams took.</summary>
/// <param name="Bytes">Private bytes of the process that came with the streams: as it is when it idles, nothing collected for the measurement.</param>
/// <param name="HeldBytes">The same after garbage was collected.</param>
/// <param name="CpuRatio">The share of a processor.</param>
internal sealed record IdleStreamsResult(long Bytes, long HeldBytes, double CpuRatio);

/// <summary>Uses each shard of many streams once, then only exists.</summary>
internal static class StreamsLoad
{
    public const string Verb = "streams-load";

    private const int Streams = 500;
    private const int Shards = 4;
    // Each stream asks for its own limit within half a minute of its first use.
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan Watched = TimeSpan.FromSeconds(60);

    public static async Task RunAsync(Uri endpoint)
    {
        var records = new RecordSet(100);
        await using var producer = BenchProducer.Create(endpoint, o => o.RateLimit = 100);
        // The runtime's part, the connections and the code are there with the first stream.
        await UseAsync(producer, records, $"first-{Shards}");
        var before = Held();

        for (var stream = 0; stream < Streams; stream++)
            await UseAsync(producer, records, $"stream-{stream}-{Shards}");
        await Task.Delay(Settling);
        var cpu = Environment.CpuUsage.TotalTime;
        var clock = Stopwatch.GetTimestamp();
        await Task.Delay(Watched);
        var ratio = (Environment.CpuUsage.TotalTime - cpu) / Stopwatch.GetElapsedTime(clock);
        var idle = ProcessMemory.PrivateBytes(Environment.ProcessId);
        ChildProcess.Tell(new IdleStreamsResult(idle - before, Held() - before, ratio));
    }

    private static async Task UseAsync(IKplProducer producer, RecordSet records, string stream)
    {
        var touched = new HashSet<string>();
        for (var batch = 0L; touched.Count < Shards; batch++)
        {
            var results = await producer.PutAsync(stream, records.Batch(batch)[..50], PutOptions.WithoutLinger);
            touched.UnionWith(results.Select(static r => r.EnsureSuccess().ShardId!));
        }
    }

    private static long Held()
    {
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        return ProcessMemory.PrivateBytes(Environment.ProcessId);
    }
}
