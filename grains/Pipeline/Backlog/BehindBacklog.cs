using Orleans.Kpl.Pipeline.Records;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Backlog;

/// <summary>
/// Keeps records of an ordered stream that are not persisted from overtaking records that wait in the store: they are accepted only when the store is
/// empty. On a stream that spills, and where persistence is requested, such records go through the store instead.
/// </summary>
internal sealed class BehindBacklog(StreamBacklog backlog, MonotonicClock clock)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(10);

    private volatile Exception? _closed;

    /// <summary>Returns whether a record with that use of the backlog must wait.</summary>
    public bool Holds(BacklogUse use) => use == BacklogUse.None && !backlog.IsStopped && backlog.MustGoBehind;

    /// <summary>Completes when the record no longer has to wait.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async Task UntilFreeAsync(BacklogUse use, CancellationToken cancellationToken)
    {
        while (Holds(use))
        {
            if (_closed is { } reason)
                throw reason;
            await Task.Delay(LookEvery, clock.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Rejects the callers that wait.</summary>
    public void Close(Exception reason) => _closed = reason;
}
