using Orleans.Kpl.Pipeline.Engines;
using Orleans.Kpl.Pipeline.Limiting;
using Orleans.Kpl.Pipeline.Outcomes;
using Orleans.Kpl.Pipeline.Records;
using Orleans.Kpl.Threads.Scheduling;

namespace Orleans.Kpl.Threads.Scenarios;

/// <summary>
/// The records of a batch and a single one end on four threads, delivered, failed, unknown and in another process, while the ledger is read and a flush
/// waits: each has one outcome, its own; the ledger adds up, the memory comes back, the flush ends, and what is disposed twice is released once.
/// </summary>
internal sealed class RecordCompleterScenario() : Scenario(
    "RecordCompleter", "RecordCompleter", "LedgerCounters", "BatchOutcome", "BatchPart", "SingleOutcome", "FailedAggregate", "FlushGeneration")
{
    private const int Batch = 6;
    private const int All = Batch + 1;
    private const long Charge = 1_000;

    private readonly RecordResult _elsewhere = RecordResult.Delivered("shardId-000000000009", "9", 0, []);

    public override void Run(Schedule schedule)
    {
        var world = new EngineWorld(schedule);
        var shards = EngineWorld.Shards(0, 0, 32, 64);
        ShardEngine[] engines = [.. shards.Select(s => world.NewEngine(s, EngineKind.Predicted))];
        var (ledger, barrier, process) = (new LedgerCounters(), new FlushBarrier(), new MemoryLimit(1 << 20, 0));
        var memory = new MemoryLimits(new MemoryLimit(1 << 20, 0), process);
        var completer = new RecordCompleter(
            EngineWorld.Stream, ledger, memory, EngineWorld.Instruments, EngineWorld.Notifier, EngineWorld.Events, world.Clock);
        var batch = new BatchOutcome(Batch) { HasAccepted = true };
        var terms = EngineWorld.Terms(barrier.Enter(All));
        var (part, single) = (batch.NewPart(Batch, terms), new SingleOutcome(terms));

        // Two members and the single record in the first shard, two in the second, one in the third; the last one went elsewhere.
        for (var i = 0; i < Batch - 1; i++)
            engines[i / 2].TryAppend(EngineWorld.Record(part, i, shards[i / 2].StartingHashKey));
        engines[0].TryAppend(EngineWorld.Record(single, 0, shards[0].StartingHashKey));
        KinesisRecord[] records = [.. engines.Select(static e => e.TakeAll().Single())];
        memory.Charge(records.Sum(static r => r.Charge) + Charge, All);
        ledger.Accepted(All);
        ReadOnlyMemory<ForwardedOutcome> forwarded = new[] { new ForwardedOutcome(new MemberRef(part, Batch - 1), Charge, _elsewhere) };
        var read = new TaskCompletionSource();
        var isUnknown = schedule.Dice.Next(2) == 0;

        void Caller()
        {
            schedule.Await(batch.Delivery);
            var results = batch.Results.ToArray();
            ScheduleFailedException.Unless(
                results is [{ Status: RecordStatus.Delivered, SequenceNumber: "1" }, { SequenceNumber: "1" }, { ErrorCode: "Code2" }, { ErrorCode: "Code2" },
                    { ErrorCode: "Code3" }, { SequenceNumber: "9" }], $"the outcomes are {string.Join(", ", results)}");
            for (var i = 2; i < Batch - 1; i++)
            {
                ScheduleFailedException.Unless(results[i].Record!.Value.Data.Span.SequenceEqual(EngineWorld.Data(i)), $"the failed record {i} is not its own");
            }

            read.SetResult();
            batch.Dispose();
        }

        void Disposer()
        {
            schedule.Await(read.Task);
            batch.Dispose();
        }

        void Reader()
        {
            for (var i = 0; i < 2; i++)
            {
                var now = ledger.Read();
                ScheduleFailedException.Unless(now.Accepted == All && now.InFlight >= 0 && now.Delivered <= 4 && now.Failed + now.Unknown <= 3, $"{now}");
            }

            schedule.Await(single.Delivery);
            ScheduleFailedException.Unless(single.Delivery.Result.SequenceNumber == "1", "the single record has another outcome");
        }

        schedule.Run(
            batch.AllHandedOver,
            () => completer.Deliver(records[0], shards[0].ShardId, "1"),
            () => completer.Fail(records[1], "Code2", "why"),
            () => End(completer, records[2], isUnknown),
            () => completer.CompleteForwarded(forwarded.Span),
            Caller, Disposer, Reader,
            () => schedule.Await(barrier.Close()));

        var last = ledger.Read();
        ScheduleFailedException.Unless((last.InFlight, last.Delivered, last.Failed + last.Unknown) == (0, 4, 3), $"{last}");
        ScheduleFailedException.Unless(
            (process.Bytes, process.Records, memory.StreamBytes) == (0, 0, 0), $"{process.Bytes} bytes and {process.Records} records are left");
        using var next = new BatchOutcome(Batch);
        using var another = new BatchOutcome(Batch);
        ScheduleFailedException.Unless(next.Storage != another.Storage, "two batches have the same results");
        Finish(next);
        Finish(another);
    }

    private static void End(RecordCompleter completer, KinesisRecord record, bool isUnknown)
    {
        if (isUnknown)
            completer.EndUnknown(record, "Code3", "why");
        else
            completer.Fail(record, "Code3", "why");
    }

    /// <summary>Ends a batch that nothing was put with, so that its results go back.</summary>
    private static void Finish(BatchOutcome batch)
    {
        batch.Ended(Batch);
        batch.AllHandedOver();
    }
}
