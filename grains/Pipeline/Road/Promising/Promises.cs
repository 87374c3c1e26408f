using Orleans.Kpl.Aggregation.Buffers;
using Orleans.Kpl.Pipeline.Road.Limiting;

namespace Orleans.Kpl.Pipeline.Road.Promising;

/// <summary>Creates the sinks of the records that callers in this process put.</summary>
internal class Promises
{
    public static Promises Plain { get; } = new();

    /// <summary>Returns the sink of a record whose caller waits for its outcome.</summary>
    public virtual SingleOutcome NewSingle(in AcceptanceTerms terms) => new(terms);

    /// <summary>Returns the sink of records whose caller asked only for acceptance.</summary>
    public virtual AcceptedOutcome NewAccepted(in AcceptanceTerms terms) => new(terms);

    public virtual BatchOutcome NewBatch(int count) => new(count);
}

/// <summary>The outcome sink of one record.</summary>
internal class SingleOutcome(in AcceptanceTerms terms) : OutcomeSink(terms)
{
    // Continuations run asynchronously: a caller that blocks in one must not delay the outcomes of other records.
    private readonly TaskCompletionSource<RecordResult> _promise = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<RecordResult> Delivery => _promise.Task;

    /// <summary>The outcome, once it was set.</summary>
    protected RecordResult Result { get; private set; }

    public override void SetResult(int index, in RecordResult result) => Result = result;

    public override void Complete(int count) => _promise.SetResult(Result);
}

/// <summary>The sink of records whose caller asked only for acceptance: no caller waits for their outcomes.</summary>
internal class AcceptedOutcome(in AcceptanceTerms terms) : OutcomeSink(terms)
{
    /// <summary>The result that such a caller receives.</summary>
    public static RecordResult Result { get; } = RecordResult.Acknowledged(RecordStatus.Accepted);

    public static Task<RecordResult> Delivery { get; } = Task.FromResult(Result);

    public override void SetResult(int index, in RecordResult result)
    {
    }

    public override void SetFailed(int index, in RecordResult result) => result.LetGo();

    public override void Complete(int count)
    {
    }
}

/// <summary>The results of one batch. Its records may be accepted in several parts: each is a <see cref="BatchPart"/>.</summary>
internal class BatchOutcome(int count) : EnqueuedBatch, IBatchOutcomes
{
    private readonly TaskCompletionSource<IReadOnlyList<RecordResult>> _promise = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private RecordResult[]? _results = ResultPool.Rent(count);

    // One more than the open records while the batch is still being accepted.
    private int _open = count + 1;

    public override Task<IReadOnlyList<RecordResult>> Delivery => _promise.Task;

    public override int Count => count;

    public override ReadOnlySpan<RecordResult> Results => !Delivery.IsCompleted
        ? throw new InvalidOperationException("not every record of the batch has ended: await Delivery first")
        : Storage.AsSpan(0, count);

    public bool HasAccepted { get; set; }

    /// <summary>Whether some results hold on to the bytes of failed records.</summary>
    public bool HoldsFailed { get; set; }

    public RecordResult[] Storage => _results ?? throw new ObjectDisposedException(nameof(EnqueuedBatch));

    public void Ended(int records)
    {
        if (Interlocked.Add(ref _open, -records) != 0)
            return;
        OnEnded();
        _promise.SetResult(this);
    }

    public virtual void End(int index, in RecordResult result)
    {
        Storage[index] = result;
        Ended(1);
    }

    public virtual OutcomeSink NewPart(int records, in AcceptanceTerms terms) => new BatchPart(this, records, terms);

    /// <summary>Marks the batch as accepted: from now on the last outcome completes it.</summary>
    public void AllHandedOver() => Ended(1);

    /// <summary>Gives back the memory of a batch of which no record was accepted: nobody gets it. It must not be used afterwards.</summary>
    public void Abandon()
    {
        if (!HasAccepted && Interlocked.Exchange(ref _results, null) is { } results)
            ResultPool.Return(results);
    }

    /// <summary>Called when every record has its outcome, before the caller hears of it.</summary>
    protected virtual void OnEnded()
    {
    }

    protected override void Dispose(bool disposing)
    {
        if (!Delivery.IsCompleted || Interlocked.Exchange(ref _results, null) is not { } results)
            return;
        if (HoldsFailed)
        {
            foreach (ref readonly var result in results.AsSpan(0, count))
                result.LetGo();
        }

        ResultPool.Return(results);
    }
}

/// <summary>
/// The records of a batch that were accepted at the same instant. With a thousand shards, a record's batch is out of the caches when its outcome
/// arrives. All that the outcome needs is therefore here: the results and a separate count.
/// </summary>
internal class BatchPart(BatchOutcome batch, int count, in AcceptanceTerms terms) : OutcomeSink(terms)
{
    private readonly RecordResult[] _results = batch.Storage;
    private readonly int _count = count;
    private int _open = count;

    // For records that failed together with others: their charge, and how much of it is still reserved.
    private MemoryLimit? _memory;
    private long _heldBytes;
    private int _heldRecords;

    public override void PresetResult(int index, in RecordResult result) => At(index) = result;

    public override void SetDelivered(ReadOnlySpan<MemberRef> members, SharedOutcome end, int place)
    {
    }

    public override void SetResult(int index, in RecordResult result) => At(index) = result;

    public override void SetFailed(int index, in RecordResult result)
    {
        batch.HoldsFailed = true;
        SetResult(index, result);
    }

    public override bool TryHoldMemory(MemoryLimit memory, long charge)
    {
        _memory = memory;
        Interlocked.Add(ref _heldBytes, charge);
        Interlocked.Increment(ref _heldRecords);
        return true;
    }

    public override void Complete(int ended)
    {
        if (Interlocked.Add(ref _open, -ended) != 0)
            return;
        // First: a caller that puts again at once finds the room.
        _memory?.Release(_heldBytes, _heldRecords);
        batch.Ended(_count);
    }

    // Indexes are those of the batch's own records.
    private ref RecordResult At(int index) => ref UncheckedArray.At(_results, index);
}

/// <summary>Why records were not accepted, as their results tell it.</summary>
internal sealed record Refusal(string Code, string Message)
{
    public static Refusal MemoryFull { get; } =
        new(RecordErrorCodes.Dropped, "the memory limit is reached (MaxOutstandingBytes, MaxOutstandingRecords) and HighWaterMode is Drop");

    public static Refusal GaveUp { get; } = new(RecordErrorCodes.Canceled, "the caller stopped waiting for memory");

    /// <summary>Returns a record that was refused for that reason, with its result.</summary>
    public EnqueuedRecord Refuse(in UserRecord record) => new(Task.FromResult(For(record)));

    public RecordResult For(in UserRecord record) => RecordResult.NotDelivered(RecordStatus.Failed, Code, Message, record);

    /// <summary>Awaits what a part needs. Returns why it does not get it, where other parts were accepted; else the exception goes to the caller.</summary>
    public static async ValueTask<Refusal?> WhyNotAsync(Task needed, IBatchOutcomes batch)
    {
        try
        {
            await needed.ConfigureAwait(false);
            return null;
        }
        catch (Exception reason) when (batch.HasAccepted)
        {
            return reason is OperationCanceledException ? GaveUp
                : new(reason is ObjectDisposedException ? RecordErrorCodes.Shutdown : reason.GetType().Name, reason.Message);
        }
    }
}
