using System.Buffers.Binary;
using System.Text.Json;
using Orleans.Kpl.Benchmarks.Endpoint;
using Orleans.Kpl.Benchmarks.Processes;

namespace Orleans.Kpl.Benchmarks.Loads;

/// <summary>How to keep a stream's shards saturated.</summary>
internal sealed record SaturationSpec(string Stream, OrderedMode Ordered = OrderedMode.Off, bool AdaptiveRate = true, RoutingMode Routing = RoutingMode.ByKey);

/// <summary>What one caller put, to be held against what the endpoint has.</summary>
internal sealed record SaturationResult(long Records, long Failed, ulong NumberSum);

/// <summary>
/// One caller puts numbered records of 100 bytes, all that the producer takes with its default rate limit, until it is told to stop; then it waits for every
/// result.
/// </summary>
internal static class SaturatingLoad
{
    public const string Verb = "saturating-load";

    /// <summary>Command to stop.</summary>
    public const string Stop = "stop";

    private const int Size = 100;

    // A few seconds' worth for a few shards: with the default, records would wait for longer than they live.
    private const long RoomBytesPerShard = 4 << 20;

    public static ChildProcess Start(EndpointProcess endpoint, SaturationSpec spec, int[]? processors) =>
        ChildProcess.Start(processors, Verb, endpoint.Url, JsonSerializer.Serialize(spec));

    public static async Task RunAsync(Uri endpoint, string spec)
    {
        var load = JsonSerializer.Deserialize<SaturationSpec>(spec)!;
        await using var producer = BenchProducer.Create(endpoint, o => (o.RateLimit, o.MaxOutstandingBytes, o.Ordered, o.AdaptiveRate, o.Routing) =
            (100, RoomBytesPerShard * BenchStream.ShardsOf(load.Stream), load.Ordered, load.AdaptiveRate, load.Routing));
        using var stop = new CancellationTokenSource();
        var running = PutAsync(producer, load.Stream, stop.Token);
        await ChildProcess.ServeAsync(async _ =>
        {
            await stop.CancelAsync();
            return await running;
        });
    }

    private static async Task<SaturationResult> PutAsync(IKplProducer producer, string stream, CancellationToken stop)
    {
        var keys = new RecordSet(sizeof(ulong));
        var (number, failed) = (0L, 0L);
        var pending = new Queue<EnqueuedBatch>();
        while (!stop.IsCancellationRequested)
        {
            pending.Enqueue(await producer.EnqueueAsync(stream, MakeBatch(keys, ref number), cancellationToken: CancellationToken.None));
            while (pending.TryPeek(out var oldest) && oldest.Delivery.IsCompleted)
                failed += BenchProducer.Observe(pending.Dequeue());
        }

        while (pending.TryDequeue(out var last))
        {
            await last.Delivery;
            failed += BenchProducer.Observe(last);
        }

        return new SaturationResult(number, failed, (ulong)(number * (number - 1) / 2));
    }

    private static UserRecord[] MakeBatch(RecordSet keys, ref long number)
    {
        var batch = keys.Batch(number / RecordSet.BatchSize).Span;
        var records = new UserRecord[batch.Length];
        var payload = new byte[Size * batch.Length];
        for (var i = 0; i < records.Length; i++)
        {
            var data = payload.AsMemory(i * Size, Size);
            BinaryPrimitives.WriteInt64LittleEndian(data.Span, number++);
            records[i] = new UserRecord(batch[i].PartitionKey, data);
        }

        return records;
    }
}
