using System.Text;
using Orleans.Kpl.Pipeline.Backlog.DeadLettering;
using Orleans.Kpl.Pipeline.Backlog.Delivering;
using Orleans.Kpl.Pipeline.Backlog.Keeping;
using Orleans.Kpl.Pipeline.Backlog.Logs;
using Orleans.Kpl.Pipeline.Backlog.Spilling;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.Backlog.Writing;
using Orleans.Kpl.Pipeline.Road.Limiting;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Settings;

namespace Orleans.Kpl.Pipeline.Backlog;

/// <summary>Adds accepted records to the backlog that must be written before they are sent, and dead letters that are retried.</summary>
/// <param name="context">The context shared by all parts of the backlog.</param>
/// <param name="memory">The memory limits that the records are charged to while they are in memory.</param>
/// <param name="spill">The source of records that found memory full; null where the stream does not spill.</param>
/// <param name="inMemory">Counts retried dead letters until they are written.</param>
internal sealed class BacklogIntake(
    BacklogContext context, BacklogState state, GroupCommit commit, BacklogLogs logs, MemoryLimit memory, SpillGate? spill, FlushBarrier inMemory)
{
    /// <summary>How long a requeue waits for the log that its letters go to: whoever asked for it hears nothing after 40 s.</summary>
    private static readonly TimeSpan OpenLimit = TimeSpan.FromSeconds(10);

    /// <summary>How long requeued letters may wait, so that their command ends soon after its own limit. One that expires stays a dead letter.</summary>
    private static readonly TimeSpan RequeueLimit = TimeSpan.FromSeconds(10);

    // Letters that are not durable yet are not in the ledger's backlog.
    private int _puttingAgain;
    private volatile bool _hasPutAgain;

    /// <summary>Gets whether the backlog may hold dead letters that were put again.</summary>
    public bool HoldsPutAgain => Volatile.Read(ref _puttingAgain) > 0 || (_hasPutAgain && context.Ledger.Read().InBacklog > 0);

    /// <summary>Adds an accepted record that must be written. Returns false when the store takes no records; the record then continues without it.</summary>
    /// <param name="isSpilled">Whether the record found memory full: it stays in the store for now.</param>
    public bool TryTake(in IncomingRecord record, bool isSpilled)
    {
        var acceptedAt = context.ToUnix(context.Clock.Now);
        while (MayTake(out var goesBehind))
        {
            // Refused: the store fell silent, filled up or was fenced after the check.
            if (!commit.TryAdd(record, acceptedAt, isSpilled ? PendingFate.Spill : PendingFate.Route, goesBehind))
                continue;
            if (isSpilled)
                CountSpilled(1);
            return true;
        }

        if (isSpilled)
            spill!.Unspill(RecordValidator.Charge(record.PartitionKey.Length, record.HasExplicitHashKey, record.Data.Length), 1);
        return false;
    }

    /// <summary>Adds all records of a batch, or none of them.</summary>
    /// <param name="batch">The accepted records.</param>
    /// <param name="isSpilled">Whether the records found memory full.</param>
    public bool TryTake(PreparedBatch batch, bool isSpilled)
    {
        while (MayTake(out var goesBehind))
        {
            if (!commit.TryAdd(batch, context.ToUnix(batch.Sink.AcceptedAt), isSpilled ? PendingFate.Spill : PendingFate.Route, goesBehind))
                continue;
            if (isSpilled)
                CountSpilled(batch.Count);
            return true;
        }

        if (isSpilled)
            spill!.Unspill(batch.Charge, batch.Count);
        return false;
    }

    /// <summary>
    /// Adds the records of dead letters, under the producer numbers that they have: Kinesis may have a record whose answer was lost. They are durable when
    /// the task completes. On an ordered stream they do not wait for room: whoever waits for them may keep it from coming.
    /// </summary>
    /// <param name="letters">The dead letters: each is a Kinesis record of its own, or none is.</param>
    /// <exception cref="NotAllRequeuedException">Some records are not durable, or it is not known whether they are.</exception>
    /// <exception cref="BacklogStoreException">No record was taken.</exception>
    public async Task RequeueAsync(IReadOnlyList<DeadLetter> letters)
    {
        try
        {
            await logs.Open().WaitAsync(OpenLimit, context.Clock.Time).ConfigureAwait(false);
        }
        // Cancelled where this process stops.
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            throw new BacklogStoreException(WhyNot("its log cannot be opened"), inner: e);
        }

        if (!state.TakesMore)
            throw new BacklogStoreException(WhyNot(null), state.IsFull);
        if (letters.Count == 0)
            return;
        Interlocked.Increment(ref _puttingAgain);
        try
        {
            _hasPutAgain = true;
            var now = context.Clock.Now;
            context.Ledger.Accepted(letters.Count);
            var expiresAt = context.Settings.KeepsOrder ? now : now + Math.Min(context.Settings.Ttl, RequeueLimit.Ticks);
            var terms = new AcceptanceTerms(inMemory.Enter(letters.Count), now, expiresAt, Immediate: false, IsAlone: letters[0].IsAlone);
            var sink = new RequeuedOutcome(letters.Count, memory, terms);
            for (var i = 0; i < letters.Count; i++)
                Requeue(letters[i], new MemberRef(sink, i), context.ToUnix(now));
            await sink.Ended.ConfigureAwait(false);
            context.PutAgain(letters.Count, sink.Refused);
            if (sink.Failure is { } failure)
                throw new NotAllRequeuedException(WhyNot(failure), state.IsFull, sink.Written);
        }
        finally
        {
            Interlocked.Decrement(ref _puttingAgain);
        }
    }

    private string WhyNot(string? failure) => "the backlog takes no records: "
        + (state.IsFull ? $"it is full ({state.WhyFull})" : state.StoreError ?? failure ?? "its store does not answer");

    private void Requeue(DeadLetter letter, MemberRef member, long acceptedAt)
    {
        var record = letter.Record;
        var key = Encoding.UTF8.GetBytes(record.PartitionKey);
        memory.Charge(RecordValidator.Charge(key.Length, record.ExplicitHashKey.HasValue, record.Data.Length), 1);
        var incoming = new IncomingRecord
        {
            PartitionKey = key,
            HashKey = record.ExplicitHashKey ?? default,
            HasExplicitHashKey = record.ExplicitHashKey.HasValue,
            Data = record.Data.Span,
            Member = member,
            Number = letter.ProducerNumber is { } number ? new ProducerNumber(number.Producer, number.Line, number.Number) : null,
        };
        commit.Add(incoming, acceptedAt, PendingFate.Park);
    }

    /// <summary>Returns whether records are written, or must go behind others that are not in the engines yet.</summary>
    private bool MayTake(out bool goesBehind)
    {
        logs.Open();
        goesBehind = state.MustGoBehind;
        return state.Takes(goesBehind);
    }

    private void CountSpilled(int records) => context.Services.Instruments.Spilled(context.Stream, records);
}
