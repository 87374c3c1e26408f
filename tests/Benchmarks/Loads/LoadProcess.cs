using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime;
using System.Text.Json;
using Orleans.Kpl.Benchmarks.Endpoint;
using Orleans.Kpl.Benchmarks.Processes;

namespace Orleans.Kpl.Benchmarks.Loads;

/// <summary>The process whose processor time is measured: one run of a load for each command.</summary>
internal static class LoadProcess
{
    public const string Verb = "load";

    /// <param name="endpoint">Where the load goes.</param>
    /// <param name="authorityFile">Whom a producer trusts besides the system's authorities; null for nobody.</param>
    public static Task RunAsync(Uri endpoint, string? authorityFile)
    {
        var sets = new Dictionary<int, RecordSet>();
        return ChildProcess.ServeAsync(async command =>
        {
            var spec = JsonSerializer.Deserialize<LoadSpec>(command)!;
            if (!sets.TryGetValue(spec.Size, out var records))
                sets[spec.Size] = records = new RecordSet(spec.Size);
            return spec.Kind == "plain" ? await PlainAsync(endpoint, spec, records) : await ProducerAsync(endpoint, authorityFile, spec, records);
        });
    }

    private static async Task<LoadResult> PlainAsync(Uri endpoint, LoadSpec spec, RecordSet records)
    {
        using var loop = new PlainLoop(endpoint);
        return await MeasureAsync(spec.Records, records, batches => loop.RunAsync(ShardRanges.StreamOf(spec.Shards), records, batches));
    }

    private static async Task<LoadResult> ProducerAsync(Uri endpoint, string? authorityFile, LoadSpec spec, RecordSet records)
    {
        await using var producer = BenchProducer.Create(endpoint, o =>
        {
            o.Kinesis.CaCertFile = authorityFile;
            o.WireFormat = spec.Kind == "batch-cbor" ? WireFormat.Cbor : WireFormat.Json;
            o.AggregationEnabled = spec.Kind != "batch-alone";
            o.ProducerNumbers = spec.Kind == "batch-numbers";
            o.Kinesis.VectorHashing = spec.Kind != "batch-platform";
            if (spec.MaxMembers > 0)
                o.AggregationMaxCount = spec.MaxMembers;
        });
        var stream = ShardRanges.StreamOf(spec.Shards);
        // Brings the stream to life: its shard map and the first connections belong to no record.
        (await producer.PutAsync(stream, records.Batch(0)[..1], PutOptions.WithoutLinger))[0].EnsureSuccess();
        var result = await MeasureAsync(spec.Records, records, batches => spec.Kind.StartsWith("single", StringComparison.Ordinal)
            ? ProducerLoad.SinglesAsync(producer, stream, records, batches)
            : ProducerLoad.BatchesAsync(producer, stream, records, batches));
        return result with { Sent = result.Sent + 1,
            NumberSum = result.NumberSum + BinaryPrimitives.ReadUInt64LittleEndian(records.Batch(0).Span[0].Data.Span) };
    }

    /// <summary>Measures a run of so many records; its argument is the number of batches, its result that of records that failed.</summary>
    public static async Task<LoadResult> MeasureAsync(long count, RecordSet records, Func<long, Task<long>> run)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var batches = count / RecordSet.BatchSize;
        var allocated = GC.GetTotalAllocatedBytes();
        var compiled = JitInfo.GetCompilationTime();
        var (paused, collections) = (GC.GetTotalPauseDuration(), GC.CollectionCount(0));
        var cpu = Environment.CpuUsage.TotalTime;
        var clock = Stopwatch.GetTimestamp();
        var failed = await run(batches);
        var seconds = Stopwatch.GetElapsedTime(clock).TotalSeconds;
        var cpuSeconds = (Environment.CpuUsage.TotalTime - cpu).TotalSeconds;
        count = batches * RecordSet.BatchSize;
        return new LoadResult(count, failed, seconds, cpuSeconds, GC.GetTotalAllocatedBytes() - allocated, count, records.SumOf(batches))
        {
            CompileSeconds = (JitInfo.GetCompilationTime() - compiled).TotalSeconds,
            CollectedSeconds = (GC.GetTotalPauseDuration() - paused).TotalSeconds,
            Collections = GC.CollectionCount(0) - collections,
        };
    }
}
