using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.Road.Promising;

namespace Orleans.Kpl.Pipeline.Backlog.DeadLettering;

/// <summary>Waits until requeued dead letters are in the backlog again, or delivered.</summary>
internal sealed class RequeuedOutcome(int count, in AcceptanceTerms terms) : OutcomeSink(terms)
{
    private readonly TaskCompletionSource _written = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _open = count;
    private volatile string? _failure;

    public Task Written => _written.Task;

    public override void SetResult(int index, in RecordResult result)
    {
        if (!result.IsSuccess)
            _failure = $"{result.ErrorCode}: {result.ErrorMessage}";
    }

    public override void Complete(int count)
    {
        if (Interlocked.Add(ref _open, -count) != 0)
            return;
        if (_failure is { } failure)
            _written.TrySetException(new BacklogStoreException($"records that were set aside could not be put into the backlog: {failure}"));
        else
            _written.TrySetResult();
    }
}
