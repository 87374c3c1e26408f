using Orleans.Kpl.Benchmarks.Processes;

namespace Orleans.Kpl.Benchmarks.Loads;

/// <summary>How many records were delivered at one instant: those put just now, and all; and how many still wait.</summary>
internal sealed record ReplayCount(long Live, long All, long InBacklog);

/// <summary>A producer that starts over a folder with a backlog, and puts live records meanwhile. It counts when it is asked.</summary>
internal static class ReplayLoad
{
    public const string Verb = "replay-load";

    /// <summary>Bytes of each record.</summary>
    public const int Size = 1024;

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(20);

    // Longer than any bench measures.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    public static async Task RunAsync(Uri endpoint, string folder, string stream, double livePerSecond)
    {
        await using var producer = BenchProducer.Create(endpoint, o =>
        {
            o.RateLimit = 100;
            o.DrainTimeout = TimeSpan.FromSeconds(1);
            o.Backlog.Directory = folder;
        });
        var (records, live) = (new RecordSet(Size), 0L);
        var isOver = false;
        var running = PutAsync();
        await ChildProcess.ServeAsync(_ =>
        {
            var ledger = producer.GetLedger(stream);
            return Task.FromResult<object>(new ReplayCount(Interlocked.Read(ref live), ledger.Delivered, ledger.InBacklog));
        });
        Volatile.Write(ref isOver, true);
        await running;

        async Task PutAsync()
        {
            var (put, pending) = (0L, new List<Task>());
            await foreach (var (tick, _) in BenchProducer.TicksAsync(Tick, Limit))
            {
                if (Volatile.Read(ref isOver) || livePerSecond == 0)
                    break;
                var count = (int)(((tick + 1) * Tick.TotalSeconds * livePerSecond) - put);
                put += count;
                pending.Add(DeliverAsync(records.Batch(tick)[..count]));
            }

            await Task.WhenAll(pending);
        }

        async Task DeliverAsync(ReadOnlyMemory<UserRecord> batch)
        {
            foreach (var result in await producer.PutAsync(stream, batch))
                result.EnsureSuccess();
            Interlocked.Add(ref live, batch.Length);
        }
    }
}
