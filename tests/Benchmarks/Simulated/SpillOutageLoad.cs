using System.Diagnostics;
using Orleans.Kpl.Adapters.Files;
using Orleans.Kpl.Benchmarks.Benches;
using Orleans.Kpl.Benchmarks.Endpoint;
using Orleans.Kpl.Benchmarks.Loads;
using Orleans.Kpl.Benchmarks.Processes;
using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Testing;

namespace Orleans.Kpl.Benchmarks.Simulated;

/// <summary>Memory of a process of whose stream everything goes to the backlog, in its fifth minute without Kinesis and in its last.</summary>
/// <param name="EarlyBytes">Private memory in minute 5, on average.</param>
/// <param name="LateBytes">Private memory in minute 30, on average.</param>
/// <param name="EarlyHeapBytes">The managed heap at the end of minute 5, collected.</param>
/// <param name="LateHeapBytes">The managed heap at the end of minute 30, collected.</param>
/// <param name="BacklogBytes">What lay in the files in the end.</param>
/// <param name="Accepted">Records that were accepted.</param>
/// <param name="Delivered">Records that Kinesis had when it was back; all of them, or something is lost.</param>
internal sealed record SpillOutageResult(long EarlyBytes, long LateBytes, long EarlyHeapBytes, long LateHeapBytes, long BacklogBytes, long Accepted,
    long Delivered);

/// <summary>
/// A caller puts what two shards take, 2 MiB/s of records of a kilobyte, for thirty minutes of a clock that is moved by hand, while every connection fails. The
/// files are real, and the clock waits for them. Then Kinesis is back.
/// </summary>
internal static class SpillOutageLoad
{
    public const string Verb = "spill-outage-load";

    private const int Size = 1024;
    private const int Shards = 2;
    private const int Minutes = 30;
    private const int EarlyMinute = 5;
    private const int StepsPerSecond = 4;
    private const int BatchesPerSecond = Shards * (1 << 20) / (Size * RecordSet.BatchSize);
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(1) / StepsPerSecond;
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(1);

    /// <summary>A step of the clock while records are replayed: replay watches how long they wait, which a step lengthens.</summary>
    private static readonly TimeSpan ReplayStep = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan DeliveryLimit = TimeSpan.FromMinutes(5);

    public static async Task RunAsync(string folder)
    {
        var records = new RecordSet(Size);
        var time = new FakeTimeProvider();
        var gateway = new SimulatedGateway(time) { IsDown = true };
        var options = new KplOptions { RateLimit = BenchProducer.NoLimit, HighWaterMode = HighWaterMode.Spill, MaxOutstandingBytes = 32 << 20 };
        await using var store = FileBacklogStore.Open(folder, BacklogSync.Always);
        var producer = new ProducerPipeline(options, gateway, new LoudEvents(), time, new Random(1), backlog: new BacklogServices { Store = store });
        var stream = ShardRanges.StreamOf(Shards);
        long batch = 0, early = 0, earlyHeap = 0, minute = 0;
        for (var second = 1; second <= Minutes * 60; second++)
        {
            for (var step = 0; step < StepsPerSecond; step++)
            {
                var due = (second - 1 + ((step + 1) / (double)StepsPerSecond)) * BatchesPerSecond;
                while (batch < due)
                    await PutAsync(producer, stream, records.Batch(batch++), time);
                await AdvanceAsync(producer, stream, time, Step);
            }

            minute += OutageLoad.PrivateBytes();
            if (second % 60 != 0)
                continue;
            var heap = GC.GetTotalMemory(forceFullCollection: true);
            Bench.Say($"minute {second / 60}: {producer.GetLedger(stream)}, {minute / 60 >> 20} MiB, heap {heap >> 20} MiB");
            if (second / 60 == EarlyMinute)
                (early, earlyHeap) = (minute / 60, heap);
            if (second / 60 < Minutes)
                minute = 0;
        }

        var lateHeap = GC.GetTotalMemory(forceFullCollection: true);
        var (late, bytes) = (minute / 60, producer.Find(stream)!.Backlog!.Status.Bytes);
        gateway.IsDown = false;
        var clock = Stopwatch.StartNew();
        while (producer.GetLedger(stream) is var ledger && ledger.Delivered < ledger.Accepted && clock.Elapsed < DeliveryLimit)
            await AdvanceAsync(producer, stream, time, ReplayStep);
        var end = producer.GetLedger(stream);
        ChildProcess.Tell(new SpillOutageResult(early, late, earlyHeap, lateHeap, bytes, end.Accepted, end.Delivered));
    }

    private static async Task PutAsync(ProducerPipeline producer, string stream, ReadOnlyMemory<UserRecord> batch, FakeTimeProvider time)
    {
        var enqueuing = producer.EnqueueAsync(stream, batch).AsTask();
        while (!enqueuing.IsCompleted)
            await AdvanceAsync(producer, stream, time, Step);
        _ = ObserveAsync(await enqueuing);
    }

    /// <summary>The other half of the caller.</summary>
    private static async Task ObserveAsync(EnqueuedBatch batch)
    {
        await batch.Delivery;
        batch.Dispose();
    }

    /// <summary>Time passes. Files take real time, and hardly any simulated one: what a segment waits for company.</summary>
    private static async Task AdvanceAsync(ProducerPipeline producer, string stream, FakeTimeProvider time, TimeSpan step)
    {
        time.Advance(step);
        do
        {
            await Task.Delay(1);
            time.Advance(Moment);
        }
        while (producer.Find(stream)?.Backlog is { PendingSegments: > 0, TakesMore: true });
    }
}
