using System.Buffers.Binary;
using Orleans.Kpl.Benchmarks.Processes;

namespace Orleans.Kpl.Benchmarks.Loads;

/// <summary>What one caller put in order, to be held against what the endpoint has.</summary>
internal sealed record OrderedResult(long Records, long Failed, ulong NumberSum);

/// <summary>
/// One caller puts numbered records of 100 bytes into an ordered stream, all that the producer takes, until it is told to stop; then
/// waits for every result.
/// </summary>
internal static class OrderedLoad
{
    public const string Verb = "ordered-load";

    private const int Size = 100;

    // A few seconds' worth: with the default, records would wait for longer than they live.
    private const long RoomBytes = 8 << 20;

    public static async Task RunAsync(Uri endpoint, string stream, OrderedMode mode)
    {
        await using var producer = BenchProducer.Create(endpoint, o => (o.RateLimit, o.MaxOutstandingBytes, o.Ordered) = (100, RoomBytes, mode));
        using var stop = new CancellationTokenSource();
        var running = PutAsync(producer, stream, stop.Token);
        await ChildProcess.ServeAsync(async _ =>
        {
            await stop.CancelAsync();
            return await running;
        });
    }

    private static async Task<OrderedResult> PutAsync(IKplProducer producer, string stream, CancellationToken stop)
    {
        var keys = new RecordSet(sizeof(ulong));
        var (count, failed, sum, number) = (0L, 0L, 0UL, 0L);
        var pending = new Queue<EnqueuedBatch>();
        while (!stop.IsCancellationRequested)
        {
            pending.Enqueue(await producer.EnqueueAsync(stream, Batch(keys.Batch(number / RecordSet.BatchSize).Span, ref number),
                cancellationToken: CancellationToken.None));
            while (pending.TryPeek(out var oldest) && oldest.Delivery.IsCompleted)
                Observe(pending.Dequeue());
        }

        while (pending.TryDequeue(out var last))
        {
            await last.Delivery;
            Observe(last);
        }

        return new OrderedResult(count, failed, sum);

        void Observe(EnqueuedBatch done)
        {
            foreach (var result in done.Results)
            {
                failed += result.IsSuccess ? 0 : 1;
                sum += (ulong)count++;
            }

            done.Dispose();
        }
    }

    private static UserRecord[] Batch(ReadOnlySpan<UserRecord> keys, ref long number)
    {
        var records = new UserRecord[keys.Length];
        var payload = new byte[Size * keys.Length];
        for (var i = 0; i < records.Length; i++)
        {
            var data = payload.AsMemory(i * Size, Size);
            BinaryPrimitives.WriteInt64LittleEndian(data.Span, number++);
            records[i] = new UserRecord(keys[i].PartitionKey, data);
        }

        return records;
    }
}
