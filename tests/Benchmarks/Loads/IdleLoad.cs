using System.Diagnostics;
using Orleans.Kpl.Benchmarks.Endpoint;
using Orleans.Kpl.Benchmarks.Processes;

namespace Orleans.Kpl.Benchmarks.Loads;

/// <summary>Uses every shard once, then only exists.</summary>
internal static class IdleLoad
{
    public const string Verb = "idle-load";

    private const int Shards = 1_000;
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Watched = TimeSpan.FromSeconds(60);

    public static async Task RunAsync(Uri endpoint)
    {
        await using var producer = BenchProducer.Create(endpoint, o => o.RateLimit = 100);
        var records = new RecordSet(100);
        var touched = new HashSet<string>();
        for (var batch = 0L; touched.Count < Shards; batch++)
            touched.UnionWith((await producer.PutAsync(ShardRanges.StreamOf(Shards), records.Batch(batch))).Select(r => r.EnsureSuccess().ShardId!));

        await Task.Delay(Settling);
        var cpu = Environment.CpuUsage.TotalTime;
        var clock = Stopwatch.GetTimestamp();
        await Task.Delay(Watched);
        ChildProcess.Tell((Environment.CpuUsage.TotalTime - cpu) / Stopwatch.GetElapsedTime(clock));
    }
}
