using System.Buffers;
using System.Runtime.CompilerServices;
using Orleans.Kpl.Aggregation.Buffers;
using Orleans.Kpl.Pipeline.Road.Limiting;
using Orleans.Kpl.Pipeline.Tracing;

namespace Orleans.Kpl.Pipeline.Road.Promising;

/// <summary>The outcome sink of one record.</summary>
internal class SingleOutcome(in AcceptanceTerms terms) : OutcomeSink(terms)
{
    // Continuations run asynchronously: a caller that blocks in one must not delay the outcomes of other records.
    private readonly TaskCompletionSource<RecordResult> _promise = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<RecordResult> Delivery => _promise.Task;

    /// <summary>The outcome, once it was set.</summary>
    protected RecordResult Result { get; private set; }

    /// <summary>Returns the sink of a record that is put in this flow of control.</summary>
    public static SingleOutcome For(in AcceptanceTerms terms) => PutSpan.Current is { } span ? new TracedOutcome(terms, span) : new SingleOutcome(terms);

    public override void SetResult(int index, in RecordResult result) => Result = result;

    public override void Complete(int count) => _promise.SetResult(Result);
}

/// <summary>The sink of records whose caller asked only for acceptance: no caller waits for their outcomes.</summary>
internal class AcceptedOutcome(in AcceptanceTerms terms) : OutcomeSink(terms)
{
    /// <summary>The result that such a caller receives.</summary>
    public static RecordResult Result { get; } = RecordResult.Acknowledged(RecordStatus.Accepted);

    public static Task<RecordResult> Delivery { get; } = Task.FromResult(Result);

    /// <summary>Returns the sink of records that are put in this flow of control.</summary>
    public static AcceptedOutcome For(in AcceptanceTerms terms) => PutSpan.Current is { } span ? new TracedAcceptance(terms, span) : new AcceptedOutcome(terms);

    public override void SetResult(int index, in RecordResult result)
    {
    }

    public override void SetFailed(int index, in RecordResult result) => result.LetGo();

    public override void Complete(int count)
    {
    }
}

/// <summary>The results of one batch. Its records may be accepted in several parts: each is a <see cref="BatchPart"/>.</summary>
internal sealed class BatchOutcome : EnqueuedBatch, IBatchOutcomes
{
    // Thousands of batches are under way at full load, but the shared pool keeps only a dozen arrays of a size.
    private static readonly ArrayPool<RecordResult> ResultPool = ArrayPool<RecordResult>.Create(maxArrayLength: 1 << 14, maxArraysPerBucket: 4_096);

    private readonly TaskCompletionSource<IReadOnlyList<RecordResult>> _promise = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly int _count;
    private readonly PutSpan? _span = PutSpan.Current;
    private RecordResult[]? _results;

    // One more than the open records while the batch is still being accepted.
    private int _open;

    public BatchOutcome(int count)
    {
        _count = count;
        _open = count + 1;
        _results = ResultPool.Rent(count);
        // Results are written as the records join their aggregates, in the order of shards.
        Prefetch.Soon(ref Unsafe.As<RecordResult, byte>(ref UncheckedArray.At(_results, 0)),
            Math.Min(count, PreparedBatch.MaxRecords) * Unsafe.SizeOf<RecordResult>());
    }

    public override Task<IReadOnlyList<RecordResult>> Delivery => _promise.Task;

    public override int Count => _count;

    public override ReadOnlySpan<RecordResult> Results => !Delivery.IsCompleted
        ? throw new InvalidOperationException("not every record of the batch has ended: await Delivery first")
        : Storage.AsSpan(0, _count);

    public bool HasAccepted { get; set; }

    public bool IsWhole => false;

    /// <summary>Whether some results hold on to the bytes of failed records.</summary>
    public bool HoldsFailed { get; set; }

    /// <summary>The array of the results.</summary>
    public RecordResult[] Storage => _results ?? throw new ObjectDisposedException(nameof(EnqueuedBatch));

    public void Ended(int count)
    {
        if (Interlocked.Add(ref _open, -count) != 0)
            return;
        _span?.End();
        _promise.SetResult(this);
    }

    public void End(int index, in RecordResult result)
    {
        Storage[index] = result;
        _span?.Note(result);
        Ended(1);
    }

    public OutcomeSink NewPart(int count, in AcceptanceTerms terms) =>
        _span is null ? new BatchPart(this, count, terms) : new TracedPart(this, count, terms, _span);

    /// <summary>Marks the batch as accepted: from now on the last outcome completes it.</summary>
    public void AllHandedOver() => Ended(1);

    /// <summary>Gives back the memory of a batch of which no record was accepted: nobody gets it. It must not be used afterwards.</summary>
    public void Abandon()
    {
        if (!HasAccepted && Interlocked.Exchange(ref _results, null) is { } results)
            ResultPool.Return(results, clearArray: true);
    }

    protected override void Dispose(bool disposing)
    {
        if (!Delivery.IsCompleted)
            throw new InvalidOperationException("the batch is still under way: await Delivery before disposing it");
        if (Interlocked.Exchange(ref _results, null) is not { } results)
            return;
        if (HoldsFailed)
        {
            foreach (ref readonly var result in results.AsSpan(0, _count))
                result.LetGo();
        }

        ResultPool.Return(results, clearArray: true);
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
    private MemoryLimits? _memory;
    private long _heldBytes;
    private int _heldRecords;

    public override bool KeepsAhead => true;

    public override void PresetResult(int index, in RecordResult result) => At(index) = result;

    public override void SetResult(int index, in RecordResult result) => At(index) = result;

    public override void SetFailed(int index, in RecordResult result)
    {
        batch.HoldsFailed = true;
        SetResult(index, result);
    }

    public override bool TryHoldMemory(MemoryLimits memory, long charge)
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
        batch.Ended(_count);
        _memory?.Release(_heldBytes, _heldRecords);
    }

    // Indexes are those of the batch's own records.
    private ref RecordResult At(int index) => ref UncheckedArray.At(_results, index);
}

/// <summary>The outcome sink of one record whose put is traced.</summary>
internal sealed class TracedOutcome(in AcceptanceTerms terms, PutSpan span) : SingleOutcome(terms)
{
    public override PutSpan Span => span;

    public override void Complete(int count)
    {
        span.End(Result);
        base.Complete(count);
    }
}

/// <summary>The sink of records whose put is traced, and whose caller asked only for acceptance: the span has ended, calls link to it.</summary>
internal sealed class TracedAcceptance(in AcceptanceTerms terms, PutSpan span) : AcceptedOutcome(terms)
{
    public override PutSpan Span => span;
}

/// <summary>Records of a traced batch that were accepted at the same instant.</summary>
internal sealed class TracedPart(BatchOutcome batch, int count, in AcceptanceTerms terms, PutSpan span) : BatchPart(batch, count, terms)
{
    public override PutSpan Span => span;

    public override void SetResult(int index, in RecordResult result)
    {
        span.Note(result);
        base.SetResult(index, result);
    }
}
