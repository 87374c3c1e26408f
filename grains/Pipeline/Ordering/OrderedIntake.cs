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
    private readonly Queue<TaskCompletionSource> _waiting = [];
    private volatile bool _taken;

    /// <summary>Whether a caller is inside.</summary>
    public bool IsTaken => _taken;

    /// <summary>Enters; at once if no caller is inside, else in line.</summary>
    /// <exception cref="OperationCanceledException">The caller cancelled before it was admitted.</exception>
    public async ValueTask EnterAsync(CancellationToken cancellationToken)
    {
        var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (!_taken)
            {
                _taken = true;
                return;
            }

            _waiting.Enqueue(turn);
        }

        await using var registration = cancellationToken.UnsafeRegister(static (t, token) => ((TaskCompletionSource)t!).TrySetCanceled(token), turn)
            .ConfigureAwait(false);
        await turn.Task.ConfigureAwait(false);
    }

    public void Leave()
    {
        lock (_lock)
        {
            while (_waiting.TryDequeue(out var next))
            {
                if (next.TrySetResult())
                    return;
            }

            _taken = false;
        }
    }
}
