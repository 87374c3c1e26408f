using System.Collections.Concurrent;
using System.Diagnostics;
using Orleans.Kpl.Benchmarks.Endpoint;
using Orleans.Kpl.Benchmarks.Loads;
using Orleans.Kpl.Pipeline;

namespace Orleans.Kpl.Benchmarks.Simulated;

/// <summary>What one who puts at a steady pace got.</summary>
/// <param name="PerSecond">Records a second that were delivered.</param>
/// <param name="P99">The 99th percentile from the instant that a batch was due until its last record was delivered, in milliseconds.</param>
/// <param name="NeighbourPerSecond">Records a second that its neighbour got through.</param>
internal sealed record FairResult(double PerSecond, double P99, double NeighbourPerSecond);

/// <summary>
/// One identity puts small batches at a steady pace over a front's way into the producer. A neighbour may ask for as much as it can: for more than ten
/// times what is its part of the memory, all the time.
/// </summary>
internal static class FairLoad
{
    private const int Size = 1_000;
    private const int Shards = 16;
    private const int SmallBatch = 8;
    private const int LargeBatch = 64;
    private const int NeighbourCallers = 640;
    private const long Memory = 4 << 20;
    private const long AmpleMemory = 256 << 20;

    private static readonly TimeSpan RoundTrip = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(8);

    /// <param name="neighbourStream">The neighbour's stream; null for no neighbour.</param>
    /// <param name="isStuck">Whether that stream takes nothing.</param>
    /// <param name="hasTurns">Whether the two are known apart; if not, they stand in one line in their order.</param>
    /// <param name="fullShards">How many of the shards the neighbour fills; they have Kinesis' limits then. 0 where only memory is short.</param>
    public static async Task<FairResult> RunAsync(string? neighbourStream, bool isStuck, bool hasTurns = true, int fullShards = 0)
    {
        var stream = ShardRanges.StreamOf(Shards);
        var gateway = new SlowGateway(new SimulatedGateway(TimeProvider.System), RoundTrip, isStuck ? neighbourStream : null);
        var options = new KplOptions
        {
            RateLimit = fullShards > 0 ? 100 : BenchProducer.NoLimit,
            MaxOutstandingBytes = fullShards > 0 ? AmpleMemory : Memory,
            DrainTimeout = TimeSpan.FromMilliseconds(100),
            StopTimeout = TimeSpan.FromSeconds(5),
        };
        await using var producer = new ProducerPipeline(options, gateway, new LoudEvents(), TimeProvider.System, new Random(1));
        using var stop = new CancellationTokenSource();
        var records = new RecordSet(Size);
        var delivered = new Counter();
        var (asNeighbour, asSteady) = (new PutOptions { Identity = hasTurns ? "neighbour" : "all" }, new PutOptions { Identity = hasTurns ? "steady" : "all" });
        var asked = fullShards is 0 or Shards ? records.Batch(0)[..LargeBatch] : Into(fullShards, records.Batch(0)[..LargeBatch]);
        var neighbour = neighbourStream is null ? [] : Enumerable.Range(0, NeighbourCallers)
            .Select(_ => Task.Run(() => AskAsync(producer, neighbourStream, asked, asNeighbour, delivered, stop.Token))).ToArray();
        var result = await PaceAsync(producer, stream, records.Batch(1), asSteady, delivered);
        await stop.CancelAsync();
        // What a stuck stream took ends with the producer.
        await producer.DisposeAsync();
        await Task.WhenAll(neighbour);
        return result;
    }

    public static string StreamOfAll => ShardRanges.StreamOf(Shards);

    /// <summary>Another stream than that of the one who is measured.</summary>
    public static string OtherStream => ShardRanges.StreamOf(Shards / 2);

    public static int AllShards => Shards;

    /// <summary>The same data, for the first so many shards.</summary>
    private static UserRecord[] Into(int shards, ReadOnlyMemory<UserRecord> records)
    {
        var ranges = ShardRanges.OfStream(StreamOfAll);
        return [.. records.ToArray().Select((r, i) => new UserRecord(r.PartitionKey, r.Data, ranges.Start(i % shards) + (UInt128)i))];
    }

    private static async Task<FairResult> PaceAsync(
        ProducerPipeline producer, string stream, ReadOnlyMemory<UserRecord> records, PutOptions options, Counter neighbour)
    {
        ConcurrentBag<double> latencies = [];
        List<Task> under = [];
        var start = Stopwatch.GetTimestamp();
        var neighbourBefore = 0L;
        for (var due = TimeSpan.Zero; due < WarmUp + Measured; due += Pace)
        {
            var wait = due - Stopwatch.GetElapsedTime(start);
            if (wait > TimeSpan.Zero)
                await Task.Delay(wait);
            if (due <= WarmUp)
                neighbourBefore = neighbour.Value;
            under.Add(PutAsync(start + (long)(due.TotalSeconds * Stopwatch.Frequency), under.Count, due >= WarmUp));
        }

        var neighbourAfter = neighbour.Value;
        await Task.WhenAll(under);
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds - WarmUp.TotalSeconds;
        var sorted = latencies.Order().ToArray();
        return new FairResult(
            sorted.Length * SmallBatch / seconds, sorted[sorted.Length * 99 / 100], (neighbourAfter - neighbourBefore) / Measured.TotalSeconds);

        // Each time others, so that every shard gets some.
        async Task PutAsync(long due, int number, bool isMeasured)
        {
            var batch = records.Slice(number * SmallBatch % (records.Length - SmallBatch), SmallBatch);
            foreach (var result in await producer.PutAsync(stream, batch, options))
                result.EnsureSuccess();
            if (isMeasured)
                latencies.Add(Stopwatch.GetElapsedTime(due).TotalMilliseconds);
        }
    }

    /// <summary>Puts as soon as the last put was answered; one whose stream takes nothing waits.</summary>
    private static async Task AskAsync(
        ProducerPipeline producer, string stream, ReadOnlyMemory<UserRecord> batch, PutOptions options, Counter delivered, CancellationToken stop)
    {
        try
        {
            while (!stop.IsCancellationRequested)
            {
                await producer.PutAsync(stream, batch, options, stop);
                Interlocked.Add(ref delivered.Value, batch.Length);
            }
        }
        catch (Exception over) when (stop.IsCancellationRequested && over is OperationCanceledException or ObjectDisposedException)
        {
            // The run is over.
        }
    }

    private sealed class Counter
    {
        public long Value;
    }
}
