using System.Collections.Concurrent;
using System.Diagnostics;
using Orleans.Kpl.Benchmarks.Processes;

namespace Orleans.Kpl.Benchmarks.Loads;

/// <summary>What was delivered in all, and the figures.</summary>
internal sealed record HalfResult(long Delivered, Dictionary<string, double> Figures);

/// <summary>
/// Half of what the shards allow, evenly in time. Each millisecond one record is put alone and timed from the instant it was
/// due; the others come as a batch. Afterwards single records on the idle stream. Tells its figures.
/// </summary>
internal static class HalfLoad
{
    public const string Verb = "half-load";

    private const int Shards = 64;
    private const int Size = 100;
    // Payload, a 36-byte key with its table entry, and the fields of a record in an aggregate.
    private const int BytesInAggregate = Size + 36 + 2 + 7;
    private const double RecordsPerMillisecond = Shards * (1 << 20) / (double)BytesInAggregate / 2 / 1000;
    private const int IdleSamples = 20;

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    /// <summary>The stream that it is for.</summary>
    public static string Stream { get; } = BenchStream.Of(Shards);

    /// <param name="authorityFile">Whom the producer trusts besides the system's authorities; null for nobody.</param>
    public static async Task RunAsync(Uri endpoint, string? authorityFile)
    {
        await using var producer = BenchProducer.Create(endpoint, o => (o.RateLimit, o.Kinesis.CaCertFile) = (100, authorityFile));
        var records = new RecordSet(Size);
        var samples = await DriveAsync(producer, records);
        var first = await IdleAsync(producer, records, null);
        var immediate = await IdleAsync(producer, records, PutOptions.WithoutLinger);
        ChildProcess.Tell(new HalfResult(producer.GetLedger(Stream).Delivered, new Dictionary<string, double>
        {
            ["p50_ms"] = Quantile(samples, 50, static s => s.Milliseconds),
            ["p99_ms"] = Quantile(samples, 99, static s => s.Milliseconds),
            ["first_ms"] = Quantile(first, 50, static s => s.Milliseconds),
            ["immediate_ms"] = Quantile(immediate, 50, static s => s.Milliseconds),
            ["round_trip_ms"] = Quantile(samples, 50, static s => s.RoundTrip),
            ["linger_ms"] = new KplOptions().RecordMaxBufferedTime.TotalMilliseconds,
        }));
    }

    private static async Task<IReadOnlyCollection<Sample>> DriveAsync(IKplProducer producer, RecordSet records)
    {
        var samples = new ConcurrentBag<Sample>();
        var batches = new Queue<EnqueuedBatch>();
        var singles = new List<Task>();
        var (put, batch, at) = (0L, 0L, 0);
        await foreach (var (millisecond, due) in BenchProducer.TicksAsync(TimeSpan.FromMilliseconds(1), WarmUp + Measured))
        {
            singles.Add(TimeAsync(producer, records.Batch(batch).Span[at], due, millisecond >= WarmUp.TotalMilliseconds ? samples : null));
            var count = (int)((millisecond + 1) * RecordsPerMillisecond - put);
            put += count;
            for (count--; count > 0;)
            {
                var part = records.Batch(batch).Slice(at, Math.Min(count, RecordSet.BatchSize - at));
                batches.Enqueue(await producer.EnqueueAsync(Stream, part));
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

        return samples;
    }

    private static async Task<IReadOnlyCollection<Sample>> IdleAsync(IKplProducer producer, RecordSet records, PutOptions? options)
    {
        var samples = new ConcurrentBag<Sample>();
        for (var i = 0; i < IdleSamples; i++)
        {
            await Task.Delay(Pause);
            await TimeAsync(producer, records.Batch(i).Span[0], Stopwatch.GetTimestamp(), samples, options);
        }

        return samples;
    }

    private static async Task TimeAsync(IKplProducer producer, UserRecord record, long due, ConcurrentBag<Sample>? samples, PutOptions? options = null)
    {
        var result = (await producer.PutAsync(Stream, record, options)).EnsureSuccess();
        samples?.Add(new Sample(Stopwatch.GetElapsedTime(due).TotalMilliseconds, result.Attempts[^1].Duration.TotalMilliseconds));
    }

    private static void Check(EnqueuedBatch batch)
    {
        if (BenchProducer.Observe(batch) is var failed and > 0)
            throw new BenchFailedException($"{failed} records failed");
    }

    private static double Quantile(IReadOnlyCollection<Sample> samples, int percent, Func<Sample, double> of) =>
        samples.Select(of).Order().ElementAt(samples.Count * percent / 100);

    /// <summary>Milliseconds of a record, and of the try that delivered it.</summary>
    private readonly record struct Sample(double Milliseconds, double RoundTrip);
}
