using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime;
using System.Text.Json;
using Orleans.Kpl.Benchmarks.Endpoint;
using Orleans.Kpl.Benchmarks.Processes;

namespace Orleans.Kpl.Benchmarks.Loads;

/// <summary>One run of a load.</summary>
/// <param name="Kind">batch, batch-cbor or single.</param>
/// <param name="Size">Bytes of payload per record.</param>
/// <param name="Records">User records, a multiple of the batch.</param>
/// <param name="PerSecond">The pace of a steady load; null for as fast as they are taken.</param>
internal sealed record LoadSpec(string Kind, int Size, int Shards, long Records, int? PerSecond = null);

/// <summary>What a run took, from the first put to the last outcome.</summary>
/// <param name="Records">User records put while the clock ran.</param>
/// <param name="Failed">Those of them that were not delivered.</param>
/// <param name="CpuSeconds">User and system time of the process.</param>
/// <param name="CompileSeconds">What the compiler of the runtime took of it.</param>
/// <param name="Sent">Records put in all, with those before the clock started.</param>
/// <param name="NumberSum">The sum of the numbers in the records sent.</param>
internal sealed record LoadResult(long Records, long Failed, double Seconds, double CpuSeconds, double CompileSeconds, long Sent, ulong NumberSum)
{
    public double RecordsPerCpuSecond => Records / CpuSeconds;

    public double NanosecondsPerRecord => CpuSeconds / Records * 1e9;
}

/// <summary>The process whose processor time is measured: one run of a load for each command.</summary>
internal static class LoadProcess
{
    public const string Verb = "load";

    public static ChildProcess Start(EndpointProcess endpoint) =>
        ChildProcess.Start(Affinity.ProducerProcessors, Verb, endpoint.AuthorityFile.Length == 0 ? [endpoint.Url] : [endpoint.Url, endpoint.AuthorityFile]);

    /// <summary>Runs a load once, and has the endpoint check what was delivered.</summary>
    public static async Task<LoadResult> MeasureAsync(EndpointProcess endpoint, ChildProcess process, LoadSpec load)
    {
        var stream = BenchStream.Of(load.Shards);
        await endpoint.BeginAsync(stream);
        var result = await process.AskAsync<LoadResult>(JsonSerializer.Serialize(load));
        (await endpoint.ReportAsync(stream)).Expect(result.Sent, result.NumberSum);
        return result.Failed == 0 ? result : throw new BenchFailedException($"{result.Failed} records failed");
    }

    /// <param name="authorityFile">Whom a producer trusts besides the system's authorities; null for nobody.</param>
    public static Task RunAsync(Uri endpoint, string? authorityFile)
    {
        var sets = new Dictionary<int, RecordSet>();
        return ChildProcess.ServeAsync(async command =>
        {
            var spec = JsonSerializer.Deserialize<LoadSpec>(command)!;
            if (!sets.TryGetValue(spec.Size, out var records))
                sets[spec.Size] = records = new RecordSet(spec.Size);
            return await RunAsync(endpoint, authorityFile, spec, records);
        });
    }

    private static async Task<LoadResult> RunAsync(Uri endpoint, string? authorityFile, LoadSpec spec, RecordSet records)
    {
        await using var producer = BenchProducer.Create(endpoint, o =>
        {
            o.Kinesis.CaCertFile = authorityFile;
            o.WireFormat = spec.Kind == "batch-cbor" ? WireFormat.Cbor : WireFormat.Json;
        });
        var stream = BenchStream.Of(spec.Shards);
        // Brings the stream to life: its shard map and the first connections belong to no record.
        (await producer.PutAsync(stream, records.Batch(0)[..1], PutOptions.WithoutLinger))[0].EnsureSuccess();
        var result = await MeasureAsync(spec.Records, records, batches => spec.Kind == "single"
            ? SinglesAsync(producer, stream, records, batches)
            : BatchesAsync(producer, stream, records, batches, spec.PerSecond));
        return result with
        {
            Sent = result.Sent + 1, NumberSum = result.NumberSum + BinaryPrimitives.ReadUInt64LittleEndian(records.Batch(0).Span[0].Data.Span),
        };
    }

    /// <summary>Measures a run of so many records; its argument is the number of batches, its result that of records that failed.</summary>
    public static async Task<LoadResult> MeasureAsync(long count, RecordSet records, Func<long, Task<long>> run)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var batches = count / RecordSet.BatchSize;
        var (compiled, cpu, clock) = (JitInfo.GetCompilationTime(), Environment.CpuUsage.TotalTime, Stopwatch.GetTimestamp());
        var failed = await run(batches);
        var (seconds, cpuSeconds) = (Stopwatch.GetElapsedTime(clock).TotalSeconds, (Environment.CpuUsage.TotalTime - cpu).TotalSeconds);
        count = batches * RecordSet.BatchSize;
        return new LoadResult(count, failed, seconds, cpuSeconds, (JitInfo.GetCompilationTime() - compiled).TotalSeconds, count, records.SumOf(batches));
    }

    /// <summary>Puts batches as fast as they are taken, or at a pace in steps of ten milliseconds, and looks at every result.</summary>
    public static async Task<long> BatchesAsync(IKplProducer producer, string stream, RecordSet records, long batches, int? perSecond = null)
    {
        const int StepsPerSecond = 100;
        var pending = new Queue<EnqueuedBatch>();
        var (failed, start) = (0L, Stopwatch.GetTimestamp());
        var perStep = perSecond / RecordSet.BatchSize / StepsPerSecond ?? long.MaxValue;
        for (var b = 0L; b < batches; b++)
        {
            var due = TimeSpan.FromSeconds((double)(b / perStep) / StepsPerSecond);
            if (b % perStep == 0 && due - Stopwatch.GetElapsedTime(start) is var wait && wait > TimeSpan.Zero)
                await Task.Delay(wait);
            pending.Enqueue(await producer.EnqueueAsync(stream, records.Batch(b)));
            while (pending.TryPeek(out var oldest) && oldest.Delivery.IsCompleted)
                failed += BenchProducer.Observe(pending.Dequeue());
        }

        while (pending.TryDequeue(out var batch))
        {
            await batch.Delivery;
            failed += BenchProducer.Observe(batch);
        }

        return failed;
    }

    /// <summary>One call and one awaited result for each record, as many under way as the producer has room for.</summary>
    private static async Task<long> SinglesAsync(IKplProducer producer, string stream, RecordSet records, long batches)
    {
        var pending = new Queue<Task<RecordResult>>();
        var failed = 0L;
        for (var b = 0L; b < batches; b++)
        {
            var batch = records.Batch(b);
            for (var i = 0; i < batch.Length; i++)
            {
                var enqueued = await producer.EnqueueAsync(stream, batch.Span[i]);
                pending.Enqueue(enqueued.Delivery);
                while (pending.TryPeek(out var oldest) && oldest.IsCompleted)
                    failed += (await pending.Dequeue()).IsSuccess ? 0 : 1;
            }
        }

        while (pending.TryDequeue(out var delivery))
            failed += (await delivery).IsSuccess ? 0 : 1;
        return failed;
    }
}
