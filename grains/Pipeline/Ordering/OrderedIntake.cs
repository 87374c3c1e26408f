using Orleans.Kpl.Pipeline.Backlog;
using Orleans.Kpl.Pipeline.Backlog.Logs;
using Orleans.Kpl.Pipeline.Road.Accepting;
using Orleans.Kpl.Pipeline.Road.Promising;

namespace Orleans.Kpl.Pipeline.Ordering;

/// <summary>
/// Accepts the records of an ordered stream in the order in which they were put. A caller that waits for memory, or whose batch is accepted
/// in parts, is not overtaken by later callers. A call that does not wait is accepted before it returns.
/// </summary>
/// <param name="intake">Accepts the records.</param>
/// <param name="behind">Holds records back while older ones wait in the backlog; null where there is none.</param>
/// <param name="useOf">Tells whether the records of a put are to be persisted.</param>
internal sealed class OrderedIntake(RecordIntake intake, BehindBacklog? behind, Func<PutOptions?, BacklogUse> useOf)
{
    private readonly AsyncFifoLock _turnstile = new();

    public ValueTask<EnqueuedRecord> EnqueueAsync(in UserRecord record, PutOptions? options, CancellationToken cancellationToken)
    {
        if (!_turnstile.TryEnter())
            return EnqueueInTurnAsync(record, options, cancellationToken);
        if (Holds(options))
            return LeaveAfterAsync(EnqueueWhenFreeAsync(record, options, cancellationToken));
        ValueTask<EnqueuedRecord> enqueuing;
        try
        {
            enqueuing = intake.EnqueueAsync(record, options, cancellationToken);
        }
        catch
        {
            _turnstile.Leave();
            throw;
        }

        if (!enqueuing.IsCompletedSuccessfully)
            return LeaveAfterAsync(enqueuing);
        _turnstile.Leave();
        return enqueuing;
    }

    public ValueTask<EnqueuedBatch> EnqueueAsync(ReadOnlyMemory<UserRecord> records, PutOptions? options, CancellationToken cancellationToken)
    {
        if (!_turnstile.TryEnter())
            return EnqueueInTurnAsync(records, options, cancellationToken);
        if (Holds(options))
            return LeaveAfterAsync(EnqueueWhenFreeAsync(records, options, cancellationToken));
        var enqueuing = intake.EnqueueAsync(records, options, cancellationToken);
        if (!enqueuing.IsCompletedSuccessfully)
            return LeaveAfterAsync(enqueuing);
        _turnstile.Leave();
        return enqueuing;
    }

    public async ValueTask EnqueueAsync<TSource>(TSource records, IBatchOutcomes batch, PutOptions? options, CancellationToken cancellationToken)
        where TSource : IRecordSource
    {
        await _turnstile.EnterAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await UntilFreeAsync(options, cancellationToken).ConfigureAwait(false);
            await intake.EnqueueAsync(records, batch, options, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _turnstile.Leave();
        }
    }

    private async ValueTask<EnqueuedRecord> EnqueueInTurnAsync(UserRecord record, PutOptions? options, CancellationToken cancellationToken)
    {
        await _turnstile.EnterAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await EnqueueWhenFreeAsync(record, options, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _turnstile.Leave();
        }
    }

    private async ValueTask<EnqueuedBatch> EnqueueInTurnAsync(ReadOnlyMemory<UserRecord> records, PutOptions? options, CancellationToken cancellationToken)
    {
        await _turnstile.EnterAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await EnqueueWhenFreeAsync(records, options, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _turnstile.Leave();
        }
    }

    private async ValueTask<EnqueuedRecord> EnqueueWhenFreeAsync(UserRecord record, PutOptions? options, CancellationToken cancellationToken)
    {
        await UntilFreeAsync(options, cancellationToken).ConfigureAwait(false);
        return await intake.EnqueueAsync(record, options, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<EnqueuedBatch> EnqueueWhenFreeAsync(ReadOnlyMemory<UserRecord> records, PutOptions? options, CancellationToken cancellationToken)
    {
        await UntilFreeAsync(options, cancellationToken).ConfigureAwait(false);
        return await intake.EnqueueAsync(records, options, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Records in the backlog came in through here too: while a caller is inside, no more are added.</summary>
    private bool Holds(PutOptions? options) => behind is not null && behind.Holds(useOf(options));

    private Task UntilFreeAsync(PutOptions? options, CancellationToken cancellationToken) =>
        behind is null ? Task.CompletedTask : behind.UntilFreeAsync(useOf(options), cancellationToken);

    private async ValueTask<T> LeaveAfterAsync<T>(ValueTask<T> enqueuing)
    {
        try
        {
            return await enqueuing.ConfigureAwait(false);
        }
        finally
        {
            _turnstile.Leave();
        }
    }
}

/// <summary>An asynchronous lock that admits callers one at a time, in the order in which they arrive.</summary>
internal sealed class AsyncFifoLock
{
    private readonly Lock _lock = new();
    private readonly Queue<TaskCompletionSource> _line = [];
    private bool _taken;

    /// <summary>Enters at once if no caller is inside or in line.</summary>
    public bool TryEnter()
    {
        lock (_lock)
        {
            if (_taken)
                return false;
            return _taken = true;
        }
    }

    /// <summary>Enters, waiting in line if another caller is inside.</summary>
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

            _line.Enqueue(turn);
        }

        await using var registration = cancellationToken.UnsafeRegister(static (t, token) => ((TaskCompletionSource)t!).TrySetCanceled(token), turn)
            .ConfigureAwait(false);
        await turn.Task.ConfigureAwait(false);
    }

    public void Leave()
    {
        lock (_lock)
        {
            while (_line.TryDequeue(out var next))
            {
                if (next.TrySetResult())
                    return;
            }

            _taken = false;
        }
    }
}
