using System.Diagnostics;
using Orleans.Kpl.Benchmarks.Endpoint;
using Orleans.Kpl.Benchmarks.Loads;
using Orleans.Kpl.Benchmarks.Processes;
using Orleans.Kpl.Pipeline;

namespace Orleans.Kpl.Benchmarks.Simulated;

/// <summary>Two callers put batches as fast as the pipeline takes them; nothing is sent. One run for each command, which is the number of batches.</summary>
internal static class SimulatedLoad
{
    public const string Verb = "simulated-load";

    private const int Callers = 2;
    private const int Size = 100;
    private const int Shards = 64;

    public static Task RunAsync()
    {
        var records = Enumerable.Range(1, Callers).Select(seed => new RecordSet(Size, seed)).ToArray();
        return ChildProcess.ServeAsync(async command => await RunAsync(records, long.Parse(command)));
    }

    private static async Task<LoadResult> RunAsync(RecordSet[] records, long batches)
    {
        await using var producer = new ProducerPipeline(
            new KplOptions { RateLimit = BenchProducer.NoLimit }, new SimulatedGateway(TimeProvider.System), new LoudEvents(), TimeProvider.System,
            new Random(1));
        var stream = ShardRanges.StreamOf(Shards);
        (await producer.PutAsync(stream, records[0].Batch(0)[..1], PutOptions.WithoutLinger))[0].EnsureSuccess();
        GC.Collect();
        var allocated = GC.GetTotalAllocatedBytes();
        var cpu = Environment.CpuUsage.TotalTime;
        var clock = Stopwatch.GetTimestamp();
        var failed = await Task.WhenAll(records.Select(set => Task.Run(() => ProducerLoad.BatchesAsync(producer, stream, set, batches / Callers))));
        var seconds = Stopwatch.GetElapsedTime(clock).TotalSeconds;
        var count = batches / Callers * Callers * RecordSet.BatchSize;
        return new LoadResult(count, failed.Sum(), seconds, (Environment.CpuUsage.TotalTime - cpu).TotalSeconds, GC.GetTotalAllocatedBytes() - allocated,
            count + 1, 0);
    }
}
