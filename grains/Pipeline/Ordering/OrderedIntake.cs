using Orleans.Kpl.Pipeline.Road.Accepting;
using Orleans.Kpl.Pipeline.Road.Promising;

namespace Orleans.Kpl.Pipeline.Ordering;

/// <summary>
/// Accepts the records of an ordered stream in the order in which they were put. A caller that waits for memory, or whose batch is accepted
/// in parts, is not overtaken by later callers. A call that does not wait is accepted before it returns.
/// </summary>
internal sealed class OrderedIntake(Admission next) : Admission(next)
{
    private readonly AsyncFifoLock _fifo = new();

    /// <summary>Whether a caller is inside, so that the next one queues.</summary>
    public bool IsBusy => _fifo.IsTaken;

    public override ValueTask<EnqueuedRecord> PutAsync(in UserRecord record, PutOptions? options, CancellationToken cancellationToken) =>
        PutInTurnAsync(record, options, cancellationToken);

    public override async ValueTask PutAsync<TSource>(TSource records, IBatchOutcomes batch, PutOptions? options, CancellationToken cancellationToken)
    {
        await _fifo.EnterAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await Next.PutAsync(records, batch, options, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _fifo.Leave();
        }
    }

    private async ValueTask<EnqueuedRecord> PutInTurnAsync(UserRecord record, PutOptions? options, CancellationToken cancellationToken)
    {
        await _fifo.EnterAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await Next.PutAsync(record, options, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _fifo.Leave();
        }
    }
}

/// <summary>An asynchronous lock that admits callers one at a time, in the order in which they arrive.</summary>
internal sealed class AsyncFifoLock
{
    private readonly Lock _lock = new();
    private readonly LinkedList<TaskCompletionSource> _waiting = [];
    private volatile bool _taken;

    /// <summary>Whether a caller is inside.</summary>
    public bool IsTaken => _taken;

    /// <summary>Enters; at once if no caller is inside, else in line.</summary>
    /// <exception cref="OperationCanceledException">The caller cancelled before it was admitted.</exception>
    public async ValueTask EnterAsync(CancellationToken cancellationToken)
    {
        var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        LinkedListNode<TaskCompletionSource> place;
        lock (_lock)
        {
            if (!_taken)
            {
                _taken = true;
                return;
            }

            place = _waiting.AddLast(turn);
        }

        await using var registration = cancellationToken.UnsafeRegister((p, token) => GiveUp((LinkedListNode<TaskCompletionSource>)p!, token), place)
            .ConfigureAwait(false);
        await turn.Task.ConfigureAwait(false);
    }

    public void Leave()
    {
        lock (_lock)
        {
            if (_waiting.First is { } next)
            {
                _waiting.RemoveFirst();
                next.Value.SetResult();
                return;
            }

            _taken = false;
        }
    }

    /// <summary>Takes a caller out of the line. Who is inside may wait for hours, and whoever gives up meanwhile tries again.</summary>
    private void GiveUp(LinkedListNode<TaskCompletionSource> place, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (place.List is null)
                return;
            _waiting.Remove(place);
        }

        place.Value.SetCanceled(cancellationToken);
    }
}
