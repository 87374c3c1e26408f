using Orleans.Kpl.Aggregation;
using Orleans.Kpl.Deaggregation;
using Orleans.Kpl.Pipeline.Road.Limiting;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Serving;

namespace Orleans.Kpl.Pipeline.Backlog.Delivering;

/// <summary>
/// Waits until requeued dead letters are in the backlog again, or delivered, or were not taken. Those are dead letters as before, and no failures.
/// </summary>
internal sealed class RequeuedOutcome(int count, MemoryLimit memory, in AcceptanceTerms terms) : OutcomeSink(terms), IOutcomeRider
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly bool[] _written = new bool[count];
    private int _open = count;
    private int _refused;
    private volatile string? _failure;

    public Task Ended => _ended.Task;

    /// <summary>Gets for each whether it is in the backlog or delivered, once all have ended.</summary>
    public IReadOnlyList<bool> Written => _written;

    /// <summary>Gets why one was not taken; null where all were.</summary>
    public string? Failure => _failure;

    /// <summary>Gets how many were not taken, which the ledger does not count as failed.</summary>
    public int Refused => Volatile.Read(ref _refused);

    public override IOutcomeRider Rider => this;

    public bool TryKeep(MemberRef member, in AggregateMember content, FailureReason reason)
    {
        memory.Release(RecordValidator.Charge(content.PartitionKey.Length, content.ExplicitHashKey.HasValue, content.Data.Length), 1);
        Refuse(member.Index, content.NotDelivered(reason.Status, reason.Code, reason.Message, reason.Attempts));
        return true;
    }

    /// <summary>Ends a record that was not taken, and whose memory was released.</summary>
    public void Refuse(int index, in RecordResult result)
    {
        Interlocked.Increment(ref _refused);
        SetResult(index, result);
        Leave();
    }

    public override void SetResult(int index, in RecordResult result)
    {
        _written[index] = result.IsSuccess;
        if (!result.IsSuccess)
            _failure = $"{result.ErrorCode}: {result.ErrorMessage}";
    }

    public override void Complete(int count)
    {
        if (Interlocked.Add(ref _open, -count) == 0)
            _ended.TrySetResult();
    }
}
