using Orleans.Kpl.Pipeline.Backlog.Keeping;
using Orleans.Kpl.Pipeline.Fairness;
using Orleans.Kpl.Pipeline.Owning;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Outcomes;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Serving;
using Orleans.Kpl.Pipeline.Telemetry.Reporting;
using Orleans.Kpl.Threads.Scheduling;

namespace Orleans.Kpl.Threads.Scenarios;

/// <summary>
/// The records of a batch and a single one end on four threads, delivered, failed, unknown and in another process, while the ledger is read and a flush
/// waits, and beside them records of a backlog end: each has one outcome, its own; the ledger adds up, also while it changes, the memory comes back, the
/// flush ends, and what is disposed twice is released once.
/// </summary>
internal sealed class RecordCompleterScenario() : Scenario(
    "RecordCompleter", "RecordCompleter", "LedgerCounters", "BacklogLedger", "BatchOutcome", "BatchPart", "SingleOutcome", "FailedAggregate", "FlushGeneration")
{
    private const int Batch = 6;
    private const int All = Batch + 1;
    private const int Backlogs = 2;
    private const long Charge = 1_000;

    private readonly RecordResult _elsewhere = RecordResult.Delivered("shardId-000000000009", "9", 0, []);

    public override void Run(Schedule schedule)
    {
        var world = new EngineWorld(schedule);
        var shards = EngineWorld.Shards(0, 0, 32, 64);
        ShardEngine[] engines = [.. shards.Select(s => world.NewEngine(s, EngineKind.Predicted))];
        var (ledger, barrier, process) = (new BacklogLedger(), new FlushBarrier(), new FairMemory(1 << 20, 0));
        var memory = new FairMemory(1 << 20, 0, process);
        var telemetry = new StreamTelemetry(
            EngineWorld.Stream, EngineWorld.Instruments, EngineWorld.Events, EngineWorld.Notifier, world.Clock, health: null);
        var completer = new RecordCompleter(ledger, memory, telemetry);
        var forwardedCompleter = new ForwardedCompleter(ledger, memory, telemetry);
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
        var (reads, isUnknown, anew, results) = (new TaskCompletionSource[] { new(), new() }, schedule.Dice.Next(2) == 0, 0, Array.Empty<RecordResult>());

        var (moves, moving) = (0, 0);

        void Caller(int number)
        {
            schedule.Await(batch.Delivery);
            results = batch.Results.ToArray();
            ScheduleFailedException.Unless(
                results is [{ Status: RecordStatus.Delivered, SequenceNumber: "1" }, { SequenceNumber: "1" }, { ErrorCode: "Code2" }, { ErrorCode: "Code2" },
                    { ErrorCode: "Code3" }, { SequenceNumber: "9" }], $"the outcomes are {string.Join(", ", results)}");
            for (var i = 2; i < Batch - 1; i++)
            {
                ScheduleFailedException.Unless(results[i].Record!.Value.Data.Span.SequenceEqual(EngineWorld.Data(i)), $"the failed record {i} is not its own");
            }

            reads[number].SetResult();
            schedule.Await(reads[1 - number].Task);
            batch.Dispose();
        }

        // A record and a dead letter are found, two end at once, and the last one is put again and delivered.
        void Backlog()
        {
            Move(() => ledger.Found(2));
            Move(() => ledger.FromBacklogToUnknown(1));
            Move(() => ledger.FromBacklogToDeadLetters(1));
            ledger.FromDeadLettersTo(RecordStatus.Failed, 1);
            Move(() => ledger.FoundDeadLetters(1));
            anew++;
            ledger.Accepted(1);
            ledger.Requeued(1);
            Move(() => ledger.Found(1));
            Move(() => ledger.FromBacklogToDelivered(1));
            ledger.Delivered(1);
        }

        // Until it ends, what it moves may be seen as in flight.
        void Move(Action move)
        {
            moves++;
            moving++;
            move();
            moving--;
        }

        void Reader()
        {
            for (var i = 0; i < 2; i++)
            {
                var (before, isStill) = (moves, moving == 0);
                var now = ledger.Read();
                ScheduleFailedException.Unless(now.InFlight >= 0 && now.Delivered <= 4 + 2 * Backlogs, $"{now}");
                ScheduleFailedException.Unless(!isStill || moves > before || now.InFlight <= All + anew, $"too many in flight: {now}");
            }

            schedule.Await(single.Delivery);
            ScheduleFailedException.Unless(single.Delivery.Result.SequenceNumber == "1", "the single record has another outcome");
        }

        schedule.Run(
            batch.AllHandedOver,
            () => completer.Deliver(records[0], shards[0].ShardId, "1"),
            () => completer.Fail(records[1], "Code2", "why"),
            () => End(completer, records[2], isUnknown),
            () => forwardedCompleter.Complete(forwarded.Span),
            () => Caller(0), () => Caller(1), Reader, Backlog, Backlog,
            () => schedule.Await(barrier.Close()));

        var last = ledger.Read();
        ScheduleFailedException.Unless(
            last == new StreamLedger(All + 4 * Backlogs, 4 + 2 * Backlogs, last.Failed, 3 + 2 * Backlogs - last.Failed, 0, 0, 0), $"{last}");
        ScheduleFailedException.Unless(last.Unknown == Backlogs + (isUnknown ? 1 : 0) && ledger.RequeuedTotal == Backlogs, $"{ledger.RequeuedTotal} {last}");
        ScheduleFailedException.Unless(IsGone(results[2]) && IsGone(results[4]), "the bytes of failed records are not given back");
        ScheduleFailedException.Unless(
            (process.Bytes, process.Records, memory.Bytes) == (0, 0, 0), $"{process.Bytes} bytes and {process.Records} records are left");
        ScheduleFailedException.Unless(new BatchOutcome(Batch).Storage != new BatchOutcome(Batch).Storage, "two batches have the same results");
    }

    private static bool IsGone(RecordResult result)
    {
        try
        {
            return result.Record is null;
        }
        catch (ObjectDisposedException)
        {
            return true;
        }
    }

    private static void End(RecordCompleter completer, KinesisRecord record, bool isUnknown)
    {
        if (isUnknown)
            completer.Fail(record, "Code3", "why", RecordStatus.Unknown);
        else
            completer.Fail(record, "Code3", "why");
    }
}
