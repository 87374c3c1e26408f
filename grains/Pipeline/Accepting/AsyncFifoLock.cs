namespace Orleans.Kpl.Pipeline.Accepting;

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
