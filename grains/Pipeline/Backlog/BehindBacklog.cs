using Orleans.Kpl.Pipeline.Records;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Backlog;

/// <summary>
/// Records of an ordered stream that were not to be persisted must not overtake those that wait in the store: they are not accepted before nothing
/// does any more. On a stream that spills, and where persistence is asked for, they go behind them through the store instead.
/// </summary>
internal sealed class BehindBacklog(StreamBacklog backlog, MonotonicClock clock)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(10);

    private volatile Exception? _closed;

    /// <summary>Whether a record with that use of the backlog has to wait.</summary>
    public bool Holds(BacklogUse use) => use == BacklogUse.None && !backlog.IsStopped && backlog.MustGoBehind;

    /// <summary>Completes when nothing has to be waited for.</summary>
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

    /// <summary>Turns away who waits.</summary>
    public void Close(Exception reason) => _closed = reason;
}
