using System.Collections.Concurrent;
using System.Diagnostics;
using Orleans.Kpl.Benchmarks.Processes;

namespace Orleans.Kpl.Benchmarks.Loads;

/// <summary>The 99th percentile of records of all shards but the first, from the instant each was due; and what became of all records by then.</summary>
internal sealed record NeighbourResult(double P99, long Delivered, long Failed, long Unfinished);

/// <summary>A steady load on every shard, the first one included, which may be throttled to nothing: what do the others' records notice of it?</summary>
internal static class NeighbourLoad
{
    public const string Verb = "neighbour-load";

    private const int RecordsPerMillisecond = 30;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(12);

    public static async Task RunAsync(Uri endpoint, string stream)
    {
        await using var producer = BenchProducer.Create(endpoint, static o => (o.RateLimit, o.DrainTimeout) = (100, TimeSpan.Zero));
        var records = new RecordSet(100);
        var latencies = new ConcurrentBag<double>();
        var (number, delivered, failed) = (0L, 0L, 0L);
        await foreach (var (millisecond, due) in BenchProducer.TicksAsync(TimeSpan.FromMilliseconds(1), WarmUp + Measured))
        {
            for (var i = 0; i < RecordsPerMillisecond; i++, number++)
            {
                var record = records.Batch(number / RecordSet.BatchSize).Span[(int)(number % RecordSet.BatchSize)];
                _ = TimeAsync(record, due, millisecond >= WarmUp.TotalMilliseconds);
            }
        }

        // The others' last ones are soon there; those of the throttled shard end with the producer.
        await Task.Delay(TimeSpan.FromSeconds(2));
        var sorted = latencies.Order().ToArray();
        var (ended, lost) = (Interlocked.Read(ref delivered), Interlocked.Read(ref failed));
        ChildProcess.Tell(new NeighbourResult(sorted[sorted.Length * 99 / 100], ended, lost, number - ended - lost));

        async Task TimeAsync(UserRecord record, long due, bool isMeasured)
        {
            var result = await producer.PutAsync(stream, record);
            Interlocked.Increment(ref result.IsSuccess ? ref delivered : ref failed);
            if (isMeasured && result.ShardId != BenchStream.FirstShard)
                latencies.Add(Stopwatch.GetElapsedTime(due).TotalMilliseconds);
        }
    }
}
