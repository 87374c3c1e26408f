using System.Threading.Channels;
using Orleans.Kpl.Benchmarks.Processes;
using Orleans.Kpl.Testing;

namespace Orleans.Kpl.Benchmarks.Loads;

/// <summary>What ten minutes without Kinesis cost in memory.</summary>
/// <param name="LimitBytes">The producer's own bound.</param>
/// <param name="PeakBytes">The most private memory while it lasted, less what the process had before it made a producer.</param>
/// <param name="Records">Records that were accepted meanwhile.</param>
/// <param name="Unbalanced">Accepted records that did not end in exactly one way; must be 0.</param>
internal sealed record OutageResult(long LimitBytes, long PeakBytes, long Records, long Unbalanced);

/// <summary>
/// A caller puts all that is taken while every connection fails, for ten minutes of a clock that is moved by hand; then Kinesis
/// is back and everything ends.
/// </summary>
internal static class OutageLoad
{
    public const string Verb = "outage-load";

    private const int Size = 100;
    private const int Shards = 64;
    private static readonly TimeSpan Outage = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(250);

    public static async Task RunAsync()
    {
        var records = new RecordSet(Size);
        var time = new FakeTimeProvider();
        var gateway = new SimulatedGateway(time);
        GC.Collect();
        var before = ProcessMemory.PrivateBytes(Environment.ProcessId);
        using var peak = new PeakMemory();

        var producer = SimulatedLoad.CreatePipeline(gateway, time);
        var stream = BenchStream.Of(Shards);
        var accepted = Channel.CreateUnbounded<EnqueuedBatch>();
        var observing = ObserveAsync(accepted.Reader);
        gateway.IsDown = true;
        var batch = 0L;
        for (var end = time.GetUtcNow() + Outage; time.GetUtcNow() < end;)
        {
            var enqueue = producer.EnqueueAsync(stream, records.Batch(batch++)).AsTask();
            while (!enqueue.IsCompleted && time.GetUtcNow() < end)
                await AdvanceAsync(time);
            gateway.IsDown = time.GetUtcNow() < end;
            while (!enqueue.IsCompleted)
                await AdvanceAsync(time);
            accepted.Writer.TryWrite(await enqueue);
        }

        accepted.Writer.Complete();
        while (producer.OutstandingRecords > 0)
            await AdvanceAsync(time);
        await observing;
        peak.Dispose();
        var ledger = producer.GetLedger(stream);
        await producer.DisposeAsync();
        ChildProcess.Tell(new OutageResult(
            new KplOptions().MaxOutstandingBytes, peak.Bytes - before, ledger.Accepted, ledger.Accepted - ledger.Delivered - ledger.Failed));
    }

    /// <summary>The other half of the caller: looks at each result as soon as it is there, then lets go of it.</summary>
    private static Task ObserveAsync(ChannelReader<EnqueuedBatch> accepted) => Task.Run(async () =>
    {
        await foreach (var batch in accepted.ReadAllAsync())
        {
            await batch.Delivery;
            batch.Dispose();
        }
    });

    private static async Task AdvanceAsync(FakeTimeProvider time)
    {
        time.Advance(Step);
        // The pipeline's own threads do in real time what fell due.
        await Task.Delay(1);
    }
}
