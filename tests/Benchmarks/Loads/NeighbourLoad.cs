using System.Collections.Concurrent;
using System.Diagnostics;
using Orleans.Kpl.Benchmarks.Endpoint;
using Orleans.Kpl.Benchmarks.Processes;

namespace Orleans.Kpl.Benchmarks.Loads;

/// <summary>The 99th percentile of records of all shards but the first, from the instant each was due.</summary>
internal sealed record NeighbourResult(double P99, long Samples, long Unfinished);

/// <summary>
/// A steady load on every shard, the first one included, which may be throttled to nothing: what do the others' records notice of it?
/// One run for each command, which is the number of seconds.
/// </summary>
internal static class NeighbourLoad
{
    public const string Verb = "neighbour-load";
    public const int Shards = 16;

    private const int Size = 100;
    private const int RecordsPerMillisecond = 30;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(2);

    public static Task RunAsync(Uri endpoint)
    {
        var records = new RecordSet(Size);
        return ChildProcess.ServeAsync(async seconds => await PutAsync(endpoint, TimeSpan.FromSeconds(int.Parse(seconds)), records));
    }

    private static async Task<NeighbourResult> PutAsync(Uri endpoint, TimeSpan measured, RecordSet records)
    {
        await using var producer = BenchProducer.Create(endpoint, o => (o.RateLimit, o.DrainTimeout) = (100, TimeSpan.Zero));
        var latencies = new ConcurrentBag<double>();
        var open = new OpenRecords();
        var start = Stopwatch.GetTimestamp();
        var number = 0L;
        for (var millisecond = 0L; millisecond < (WarmUp + measured).TotalMilliseconds; millisecond++)
        {
            var wait = TimeSpan.FromMilliseconds(millisecond) - Stopwatch.GetElapsedTime(start);
            if (wait > TimeSpan.Zero)
                await Task.Delay(wait);
            var due = start + (long)(millisecond * (Stopwatch.Frequency / 1000.0));
            var isMeasured = millisecond >= WarmUp.TotalMilliseconds;
            for (var i = 0; i < RecordsPerMillisecond; i++, number++)
            {
                var record = records.Batch(number / RecordSet.BatchSize).Span[(int)(number % RecordSet.BatchSize)];
                _ = TimeAsync(producer, record, due, isMeasured ? latencies : null, open);
            }
        }

        // The others' last ones are soon there; those of the throttled shard end with the producer.
        await Task.Delay(TimeSpan.FromSeconds(2));
        var sorted = latencies.Order().ToArray();
        return new NeighbourResult(sorted[sorted.Length * 99 / 100], sorted.Length, Interlocked.Read(ref open.Count));
    }

    private static async Task TimeAsync(IKplProducer producer, UserRecord record, long due, ConcurrentBag<double>? latencies, OpenRecords open)
    {
        Interlocked.Increment(ref open.Count);
        var result = await producer.PutAsync(ShardRanges.StreamOf(Shards), record);
        Interlocked.Decrement(ref open.Count);
        if (result.ShardId == ShardRanges.Id(0) || !result.IsSuccess)
            return;
        latencies?.Add(Stopwatch.GetElapsedTime(due).TotalMilliseconds);
    }

    private sealed class OpenRecords
    {
        public long Count;
    }
}
