using System.Collections.Concurrent;
using System.Diagnostics;
using Orleans.Kpl.Benchmarks.Processes;

namespace Orleans.Kpl.Benchmarks.Loads;

/// <summary>What was persisted in a second, how long it took at half of that, and what was put in all.</summary>
internal sealed record PersistedResult(double PerSecond, double P99, long Records);

/// <summary>Records that are answered when they are on the disk: as many as the producer takes, then half as many evenly in time.</summary>
internal static class PersistedLoad
{
    public const string Verb = "persisted-load";

    private const int BatchesUnderWay = 16;
    private static readonly PutOptions Persisted = new() { AckLevel = AckLevel.Persisted };
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Timed = TimeSpan.FromSeconds(10);

    public static async Task RunAsync(Uri endpoint, string folder, string stream)
    {
        await using var producer = BenchProducer.Create(endpoint, o => o.Backlog.Directory = folder);
        var (records, batches) = (new RecordSet(100), 0L);
        await FillAsync(WarmUp);
        var (before, clock) = (batches, Stopwatch.StartNew());
        await FillAsync(Measured);
        var perSecond = (batches - before) * RecordSet.BatchSize / clock.Elapsed.TotalSeconds;
        var latencies = new ConcurrentBag<double>();
        var pending = new List<Task>();
        await foreach (var (_, due) in BenchProducer.TicksAsync(TimeSpan.FromSeconds(RecordSet.BatchSize / (perSecond / 2)), Timed))
            pending.Add(TimeAsync(due));
        await Task.WhenAll(pending);

        var put = batches * RecordSet.BatchSize;
        while (producer.GetLedger(stream) is var ledger && ledger.Delivered < put)
        {
            if (ledger.Failed + ledger.DeadLettered > 0)
                throw new BenchFailedException($"records of the backlog were not delivered: {ledger}");
            await Task.Delay(50);
        }

        ChildProcess.Tell(new PersistedResult(perSecond, latencies.Order().ElementAt(latencies.Count * 99 / 100), put));

        Task FillAsync(TimeSpan time)
        {
            var filling = Stopwatch.StartNew();
            return Task.WhenAll(Enumerable.Range(0, BatchesUnderWay).Select(_ => Task.Run(async () =>
            {
                while (filling.Elapsed < time)
                    await PutAsync();
            })));
        }

        async Task TimeAsync(long due)
        {
            await PutAsync();
            latencies.Add(Stopwatch.GetElapsedTime(due).TotalMilliseconds);
        }

        async Task PutAsync()
        {
            foreach (var result in await producer.PutAsync(stream, records.Batch(Interlocked.Increment(ref batches) - 1), Persisted))
            {
                if (result.EnsureSuccess().Status != RecordStatus.Persisted)
                    throw new BenchFailedException($"a record was not persisted: {result}");
            }
        }
    }
}
