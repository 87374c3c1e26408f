namespace Orleans.Kpl.Simulation.Clockwork;

/// <summary>
/// An answer that somebody waits for, perhaps not for ever. Whoever waits goes on at once, inside the answer, or when the pool comes to it, as dice
/// decide. Once the wait is over, nothing of it is left in the world.
/// </summary>
internal sealed class PendingAnswer<T>(World world)
    : TaskCompletionSource<T>(world.Happens(0.5) ? TaskCreationOptions.RunContinuationsAsynchronously : TaskCreationOptions.None)
{
    private WorldEvent? _givesUp;
    private CancellationTokenRegistration _cancellation;

    public bool IsOver => Task.IsCompleted;

    /// <summary>Has whoever waits give up.</summary>
    /// <param name="wait">After that time.</param>
    /// <param name="error">With what it is then told.</param>
    /// <param name="process">Where it waits.</param>
    public void GivesUpAfter(TimeSpan wait, Func<Exception> error, SimulatedProcess process) => _givesUp = world.After(wait, () => Fail(error()), process);

    /// <summary>Has whoever waits give up when a token is cancelled.</summary>
    public void GivesUpWith(CancellationToken cancellationToken)
    {
        if (cancellationToken.CanBeCanceled)
            _cancellation = cancellationToken.UnsafeRegister(static (a, token) => ((PendingAnswer<T>)a!).Cancel(token), this);
    }

    public void Answer(T result)
    {
        Release();
        TrySetResult(result);
    }

    public void Fail(Exception error)
    {
        Release();
        TrySetException(error);
    }

    private void Cancel(CancellationToken cancellationToken)
    {
        Release();
        TrySetCanceled(cancellationToken);
    }

    private void Release()
    {
        _givesUp?.Cancel();
        _givesUp = null;
        _cancellation.Unregister();
        _cancellation = default;
    }
}
