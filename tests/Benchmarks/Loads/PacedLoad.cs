using System.Diagnostics;
using System.Text.Json;
using Orleans.Kpl.Benchmarks.Endpoint;
using Orleans.Kpl.Benchmarks.Processes;

namespace Orleans.Kpl.Benchmarks.Loads;

/// <summary>A steady load: so many 100-byte records a second, in a batch each ten milliseconds.</summary>
internal sealed record PacedSpec(int Shards, int RecordsPerSecond, double WarmUpSeconds, double Seconds);

/// <summary>What a steady load took of the processor, after its warm-up.</summary>
internal sealed record PacedResult(long Records, long Failed, double CpuSeconds, long Sent, ulong NumberSum);

/// <summary>The process that puts steadily, and whose processor time is measured: one run for each command.</summary>
internal static class PacedLoad
{
    public const string Verb = "paced-load";

    private const int Size = 100;
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);

    public static Task RunAsync(Uri endpoint)
    {
        var records = new RecordSet(Size);
        return ChildProcess.ServeAsync(async command => await PutAsync(endpoint, JsonSerializer.Deserialize<PacedSpec>(command)!, records));
    }

    private static async Task<PacedResult> PutAsync(Uri endpoint, PacedSpec spec, RecordSet records)
    {
        await using var producer = BenchProducer.Create(endpoint);
        var stream = ShardRanges.StreamOf(spec.Shards);
        var perTick = (int)(spec.RecordsPerSecond * Tick.TotalSeconds);
        var pending = new Queue<EnqueuedBatch>();
        var (batch, at, failed, counted) = (0L, 0, 0L, 0L);
        var cpu = TimeSpan.Zero;
        var start = Stopwatch.GetTimestamp();
        var ticks = (long)((spec.WarmUpSeconds + spec.Seconds) / Tick.TotalSeconds);
        var warmUp = (long)(spec.WarmUpSeconds / Tick.TotalSeconds);
        for (var tick = 0L; tick < ticks; tick++)
        {
            var wait = tick * Tick - Stopwatch.GetElapsedTime(start);
            if (wait > TimeSpan.Zero)
                await Task.Delay(wait);
            if (tick == warmUp)
                cpu = Environment.CpuUsage.TotalTime;
            for (var left = perTick; left > 0;)
            {
                var part = records.Batch(batch).Slice(at, Math.Min(left, RecordSet.BatchSize - at));
                pending.Enqueue(await producer.EnqueueAsync(stream, part));
                left -= part.Length;
                if (tick >= warmUp)
                    counted += part.Length;
                if ((at += part.Length) == RecordSet.BatchSize)
                    (batch, at) = (batch + 1, 0);
            }

            while (pending.TryPeek(out var oldest) && oldest.Delivery.IsCompleted)
                failed += Observe(pending.Dequeue());
        }

        // The last batch is filled up, so that the sum of the numbers is known.
        if (at > 0)
            pending.Enqueue(await producer.EnqueueAsync(stream, records.Batch(batch++)[at..]));
        var used = Environment.CpuUsage.TotalTime - cpu;
        while (pending.TryDequeue(out var last))
        {
            await last.Delivery;
            failed += Observe(last);
        }

        return new PacedResult(counted, failed, used.TotalSeconds, batch * RecordSet.BatchSize, records.SumOf(batch));
    }

    private static long Observe(EnqueuedBatch batch)
    {
        var failed = 0L;
        foreach (ref readonly var result in batch.Results)
            failed += result.IsSuccess ? 0 : 1;
        batch.Dispose();
        return failed;
    }
}
