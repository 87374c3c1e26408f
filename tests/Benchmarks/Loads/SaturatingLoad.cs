using System.Text.Json;
using Orleans.Kpl.Benchmarks.Endpoint;
using Orleans.Kpl.Benchmarks.Processes;
using Orleans.Kpl.Pipeline.Records;

namespace Orleans.Kpl.Benchmarks.Loads;

/// <summary>How to keep a stream's shards saturated.</summary>
internal sealed record SaturationSpec(string Stream, int Size, bool Aggregation, bool AdaptiveRate = true);

/// <summary>What came of it, to be held against the endpoint's own count.</summary>
internal sealed record SaturationResult(long Records, long Failed, long KinesisRecords);

/// <summary>Puts all that the producer takes, with its default rate limit, until it is told to stop; then waits for every result.</summary>
internal static class SaturatingLoad
{
    public const string Verb = "saturating-load";

    // A few seconds' worth for four shards: with the default, records would wait for longer than they live.
    private const long RoomBytes = 16 << 20;

    // So few of them have room that by chance they may all be some shards', and the others have nothing to send.
    private const int LargeBytes = 128 << 10;

    public static async Task RunAsync(Uri endpoint, string spec)
    {
        var load = JsonSerializer.Deserialize<SaturationSpec>(spec)!;
        await using var producer = BenchProducer.Create(endpoint, o =>
        {
            o.RateLimit = 100;
            (o.AggregationEnabled, o.AdaptiveRate) = (load.Aggregation, load.AdaptiveRate);
            o.MaxOutstandingBytes = RoomBytes;
        });
        var records = new RecordSet(load.Size);
        using var stop = new CancellationTokenSource();
        var running = PutAsync(producer, load, records, stop.Token);
        await ChildProcess.ServeAsync(async _ =>
        {
            await stop.CancelAsync();
            return await running;
        });
    }

    private static async Task<SaturationResult> PutAsync(IKplProducer producer, SaturationSpec load, RecordSet records, CancellationToken stop)
    {
        var (count, failed, batch) = (0L, 0L, 0L);
        var places = new HashSet<(string, string)>();
        var pending = new Queue<EnqueuedBatch>();
        try
        {
            while (!stop.IsCancellationRequested)
            {
                // Small steps, as a batch of the largest records is more than there is room for.
                foreach (var part in Parts(load.Size < LargeBytes ? records.Batch(batch++) : InTurn(records.Batch(batch++), load.Stream), RoomBytes / 8))
                    pending.Enqueue(await producer.EnqueueAsync(load.Stream, part, cancellationToken: stop));
                while (pending.TryPeek(out var oldest) && oldest.Delivery.IsCompleted)
                    Observe(pending.Dequeue());
            }
        }
        catch (OperationCanceledException)
        {
            // Told to stop while it waited for room; the record it held was not accepted.
        }

        while (pending.TryDequeue(out var last))
        {
            await last.Delivery;
            Observe(last);
        }

        return new SaturationResult(count, failed, places.Count);

        void Observe(EnqueuedBatch done)
        {
            foreach (var result in done.Results)
            {
                if (result.ErrorCode == RecordErrorCodes.Canceled)
                    continue;
                count++;
                if (result.IsSuccess)
                    places.Add((result.ShardId!, result.SequenceNumber!));
                else
                    failed++;
            }

            done.Dispose();
        }
    }

    /// <summary>The same records, one for each shard in turn.</summary>
    private static ReadOnlyMemory<UserRecord> InTurn(ReadOnlyMemory<UserRecord> batch, string stream)
    {
        var shards = ShardRanges.OfStream(stream);
        return batch.ToArray().Select((r, i) => new UserRecord(r.PartitionKey, r.Data, shards.Start(i % shards.Count))).ToArray();
    }

    private static IEnumerable<ReadOnlyMemory<UserRecord>> Parts(ReadOnlyMemory<UserRecord> batch, long bytes)
    {
        var size = (int)Math.Clamp(bytes / (batch.Span[0].Data.Length + RecordValidator.ChargePerRecord), 1, batch.Length);
        for (var first = 0; first < batch.Length; first += size)
            yield return batch.Slice(first, Math.Min(size, batch.Length - first));
    }
}
