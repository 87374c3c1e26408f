using System.Collections.Concurrent;
using System.Diagnostics;
using Orleans.Kpl.Benchmarks.Endpoint;
using Orleans.Kpl.Benchmarks.Processes;

namespace Orleans.Kpl.Benchmarks.Loads;

/// <summary>What was persisted in a second, how long it took at half of that, and what was put in all.</summary>
internal sealed record PersistedResult(double PerSecond, double P50, double P99, long Records, long Delivered);

/// <summary>Records that are answered when they are on the disk: as many as the producer takes, then half as many evenly in time.</summary>
internal static class PersistedLoad
{
    public const string Verb = "persisted-load";
    public const int Shards = 64;
    public const int Size = 100;

    private const int BatchesUnderWay = 16;
    private static readonly PutOptions Persisted = new() { AckLevel = AckLevel.Persisted };
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Timed = TimeSpan.FromSeconds(10);

    public static async Task RunAsync(Uri endpoint, string folder)
    {
        await using var producer = BenchProducer.Create(endpoint, o => o.Backlog.Directory = folder);
        var (stream, records) = (ShardRanges.StreamOf(Shards), new RecordSet(Size));
        var put = new Counter();
        await FillAsync(producer, stream, records, put, WarmUp);
        var clock = Stopwatch.StartNew();
        var count = await FillAsync(producer, stream, records, put, Measured);
        var perSecond = count / clock.Elapsed.TotalSeconds;
        var latencies = await PaceAsync(producer, stream, records, put, perSecond / 2);
        var ledger = producer.GetLedger(stream);
        while (ledger.Delivered < put.Records)
        {
            if (ledger.Failed + ledger.DeadLettered > 0)
                throw new BenchFailedException($"records of the backlog were not delivered: {ledger}");
            await Task.Delay(50);
            ledger = producer.GetLedger(stream);
        }

        ChildProcess.Tell(new PersistedResult(perSecond, latencies[latencies.Length / 2], latencies[latencies.Length * 99 / 100], put.Records,
            ledger.Delivered));
    }

    private static async Task<long> FillAsync(IKplProducer producer, string stream, RecordSet records, Counter put, TimeSpan time)
    {
        var clock = Stopwatch.StartNew();
        var counts = await Task.WhenAll(Enumerable.Range(0, BatchesUnderWay).Select(_ => Task.Run(async () =>
        {
            var count = 0L;
            while (clock.Elapsed < time)
            {
                Check(await producer.PutAsync(stream, records.Batch(put.Next(RecordSet.BatchSize)), Persisted));
                count += RecordSet.BatchSize;
            }

            return count;
        })));
        return counts.Sum();
    }

    private static async Task<double[]> PaceAsync(IKplProducer producer, string stream, RecordSet records, Counter put, double perSecond)
    {
        var latencies = new ConcurrentBag<double>();
        var pending = new List<Task>();
        var start = Stopwatch.GetTimestamp();
        for (var batches = 0L; Stopwatch.GetElapsedTime(start) < Timed; batches++)
        {
            var due = start + (long)(batches * RecordSet.BatchSize / perSecond * Stopwatch.Frequency);
            var wait = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due);
            if (wait > TimeSpan.FromMilliseconds(1))
                await Task.Delay(wait);
            pending.Add(TimeAsync(producer, stream, records.Batch(put.Next(RecordSet.BatchSize)), due, latencies));
        }

        await Task.WhenAll(pending);
        return [.. latencies.Order()];
    }

    private static async Task TimeAsync(IKplProducer producer, string stream, ReadOnlyMemory<UserRecord> batch, long due, ConcurrentBag<double> latencies)
    {
        Check(await producer.PutAsync(stream, batch, Persisted));
        latencies.Add(Stopwatch.GetElapsedTime(due).TotalMilliseconds);
    }

    private static void Check(RecordResult[] results)
    {
        foreach (var result in results)
        {
            if (result.EnsureSuccess().Status != RecordStatus.Persisted)
                throw new BenchFailedException($"a record was not persisted: {result}");
        }
    }

    private sealed class Counter
    {
        private long _records;

        public long Records => Interlocked.Read(ref _records);

        /// <summary>Counts records; the number of their batch.</summary>
        public long Next(int records) => (Interlocked.Add(ref _records, records) / RecordSet.BatchSize) - 1;
    }
}
