using System.Collections.Concurrent;
using System.Diagnostics;
using Orleans.Kpl.Benchmarks.Endpoint;
using Orleans.Kpl.Benchmarks.Processes;

namespace Orleans.Kpl.Benchmarks.Loads;

/// <summary>Latencies in milliseconds; the round trips are those of the tries that delivered.</summary>
internal sealed record LatencyResult(double P50, double P99, double RoundTrip, double First, double Immediate, double IdleRoundTrip, long Records);

/// <summary>
/// Half of what the shards allow, evenly in time. Each millisecond one record is put alone and timed from the instant it was
/// due; the others come as a batch. Afterwards single records on the idle stream.
/// </summary>
internal static class HalfLoad
{
    public const string Verb = "half-load";
    public const int Shards = 64;

    private const int Size = 100;
    // Payload, a 36-byte key with its table entry, and the fields of a record in an aggregate.
    private const int BytesInAggregate = Size + 36 + 2 + 7;
    private const double RecordsPerMillisecond = Shards * (1 << 20) / (double)BytesInAggregate / 2 / 1000;
    private const int IdleSamples = 20;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    /// <param name="endpoint">Where the load goes.</param>
    /// <param name="authorityFile">Whom the producer trusts besides the system's authorities; null for nobody.</param>
    public static async Task RunAsync(Uri endpoint, string? authorityFile)
    {
        await using var producer = BenchProducer.Create(endpoint, o => (o.RateLimit, o.Kinesis.CaCertFile) = (100, authorityFile));
        var stream = ShardRanges.StreamOf(Shards);
        var records = new RecordSet(Size);
        var (total, samples) = await DriveAsync(producer, stream, records);
        var first = await IdleAsync(producer, stream, records, null);
        var immediate = await IdleAsync(producer, stream, records, PutOptions.WithoutLinger);

        var latencies = samples.Select(s => s.Milliseconds).Order().ToArray();
        ChildProcess.Tell(new LatencyResult(
            latencies[latencies.Length / 2], latencies[latencies.Length * 99 / 100], Figures.Median(samples.Select(s => s.RoundTrip)),
            Figures.Median(first.Select(s => s.Milliseconds)), Figures.Median(immediate.Select(s => s.Milliseconds)),
            Figures.Median(immediate.Select(s => s.RoundTrip)), total));
    }

    private static async Task<(long Records, IReadOnlyCollection<Sample> Samples)> DriveAsync(IKplProducer producer, string stream, RecordSet records)
    {
        var samples = new ConcurrentBag<Sample>();
        var batches = new Queue<EnqueuedBatch>();
        var singles = new List<Task>();
        var start = Stopwatch.GetTimestamp();
        var (put, batch, at) = (0L, 0L, 0);
        for (var millisecond = 0L; millisecond < (WarmUp + Measured).TotalMilliseconds; millisecond++)
        {
            var wait = TimeSpan.FromMilliseconds(millisecond) - Stopwatch.GetElapsedTime(start);
            if (wait > TimeSpan.Zero)
                await Task.Delay(wait);
            var due = start + (long)(millisecond * (Stopwatch.Frequency / 1000.0));
            singles.Add(TimeAsync(producer, stream, records.Batch(batch).Span[at], due, millisecond >= WarmUp.TotalMilliseconds ? samples : null));
            var count = (int)((millisecond + 1) * RecordsPerMillisecond - put);
            put += count;
            for (count--; count > 0;)
            {
                var part = records.Batch(batch).Slice(at, Math.Min(count, RecordSet.BatchSize - at));
                batches.Enqueue(await producer.EnqueueAsync(stream, part));
                count -= part.Length;
                if ((at += part.Length) == RecordSet.BatchSize)
                    (batch, at) = (batch + 1, 0);
            }

            while (batches.TryPeek(out var oldest) && oldest.Delivery.IsCompleted)
                Check(batches.Dequeue());
        }

        await Task.WhenAll(singles);
        foreach (var last in batches)
        {
            await last.Delivery;
            Check(last);
        }

        return (put, samples);
    }

    private static async Task<List<Sample>> IdleAsync(IKplProducer producer, string stream, RecordSet records, PutOptions? options)
    {
        var samples = new ConcurrentBag<Sample>();
        for (var i = 0; i < IdleSamples; i++)
        {
            await Task.Delay(Pause);
            await TimeAsync(producer, stream, records.Batch(i).Span[0], Stopwatch.GetTimestamp(), samples, options);
        }

        return [.. samples];
    }

    private static async Task TimeAsync(IKplProducer producer, string stream, UserRecord record, long due, ConcurrentBag<Sample>? samples,
        PutOptions? options = null)
    {
        var result = (await producer.PutAsync(stream, record, options)).EnsureSuccess();
        samples?.Add(new Sample(Stopwatch.GetElapsedTime(due).TotalMilliseconds, result.Attempts[^1].Duration.TotalMilliseconds));
    }

    private static void Check(EnqueuedBatch batch)
    {
        foreach (var result in batch.Results)
            result.EnsureSuccess();
        batch.Dispose();
    }

    private readonly record struct Sample(double Milliseconds, double RoundTrip);
}
