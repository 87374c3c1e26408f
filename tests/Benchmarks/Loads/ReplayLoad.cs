using Orleans.Kpl.Benchmarks.Endpoint;
using Orleans.Kpl.Benchmarks.Processes;

namespace Orleans.Kpl.Benchmarks.Loads;

/// <summary>How many records were delivered at one instant: those put just now, and all.</summary>
internal sealed record ReplayCount(long Live, long All, long InBacklog);

/// <summary>Fills the backlog while the endpoint is away, then puts half of what the shards take while the backlog is replayed.</summary>
internal static class ReplayLoad
{
    public const string Verb = "replay-load";

    /// <summary>Command to fill the backlog.</summary>
    public const string Fill = "fill";

    /// <summary>Command to begin with live records.</summary>
    public const string Live = "live";

    /// <summary>Command to count.</summary>
    public const string Count = "count";

    public const int Shards = 4;

    private const int Size = 1024;
    private const int Stored = 60_000;

    // Payload, a 36-byte key with its table entry, and the fields of a record in an aggregate.
    private const double BytesInAggregate = Size + 36 + 2 + 9;
    private const double LivePerSecond = Shards * (1 << 20) / BytesInAggregate / 2;

    public static async Task RunAsync(Uri endpoint, string folder)
    {
        await using var producer = BenchProducer.Create(endpoint, o =>
        {
            o.RateLimit = 100;
            o.Backlog.Directory = folder;
        });
        var (stream, records) = (ShardRanges.StreamOf(Shards), new RecordSet(Size));
        using var stop = new CancellationTokenSource();
        var (live, running) = (new long[1], Task.CompletedTask);
        await ChildProcess.ServeAsync(async command =>
        {
            if (command == Fill)
                await FillAsync(producer, stream, records);
            if (command == Live)
                running = PutAsync(producer, stream, records, live, stop.Token);
            var ledger = producer.GetLedger(stream);
            return new ReplayCount(Interlocked.Read(ref live[0]), ledger.Delivered, ledger.InBacklog);
        });
        await stop.CancelAsync();
        await running;
    }

    private static async Task FillAsync(IKplProducer producer, string stream, RecordSet records)
    {
        for (var batch = 0; batch < Stored / RecordSet.BatchSize; batch++)
        {
            foreach (var result in await producer.PutAsync(stream, records.Batch(batch), new PutOptions { AckLevel = AckLevel.Persisted }))
                result.EnsureSuccess();
        }
    }

    private static async Task PutAsync(IKplProducer producer, string stream, RecordSet records, long[] live, CancellationToken stop)
    {
        const int Every = 20;
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(Every));
        var (put, pending) = (0L, new List<Task>());
        for (var tick = 1L; !stop.IsCancellationRequested; tick++)
        {
            await timer.WaitForNextTickAsync(CancellationToken.None);
            var count = (int)((tick * Every * LivePerSecond / 1000) - put);
            pending.Add(DeliverAsync(producer, stream, records.Batch(tick)[..count], live));
            put += count;
        }

        await Task.WhenAll(pending);
    }

    private static async Task DeliverAsync(IKplProducer producer, string stream, ReadOnlyMemory<UserRecord> batch, long[] live)
    {
        foreach (var result in await producer.PutAsync(stream, batch))
            result.EnsureSuccess();
        Interlocked.Add(ref live[0], batch.Length);
    }
}
