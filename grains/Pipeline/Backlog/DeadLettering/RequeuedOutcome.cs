using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.Road.Promising;

namespace Orleans.Kpl.Pipeline.Backlog.DeadLettering;

/// <summary>Waits until requeued dead letters are in the backlog again, or delivered, or were not taken.</summary>
internal sealed class RequeuedOutcome(int count, in AcceptanceTerms terms) : OutcomeSink(terms)
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly bool[] _written = new bool[count];
    private int _open = count;
    private volatile string? _failure;

    public Task Ended => _ended.Task;

    /// <summary>Gets for each whether it is in the backlog or delivered, once all have ended.</summary>
    public IReadOnlyList<bool> Written => _written;

    /// <summary>Gets why one was not taken; null where all were.</summary>
    public string? Failure => _failure;

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

/// <summary>The backlog did not take all dead letters that were put again.</summary>
/// <param name="written">For each of them whether it did.</param>
internal sealed class NotAllRequeuedException(string message, bool isFull, IReadOnlyList<bool> written) : BacklogStoreException(message, isFull)
{
    /// <summary>Gets for each whether it was taken, in the order in which they were put.</summary>
    public IReadOnlyList<bool> Written => written;
}
