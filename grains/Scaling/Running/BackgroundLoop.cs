namespace Orleans.Kpl.Scaling.Running;

/// <summary>A loop that runs beside its owner's calls, once at a time, and ends with its owner.</summary>
internal sealed class BackgroundLoop : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private Task _running = Task.CompletedTask;

    /// <summary>Starts the loop, unless it runs or its owner has ended.</summary>
    /// <param name="loop">The loop, which ends when its token is cancelled.</param>
    public void Start(Func<CancellationToken, Task> loop)
    {
        lock (_lock)
        {
            if (!_running.IsCompleted || _stop.IsCancellationRequested)
                return;
            var stopping = _stop.Token;
            _running = Task.Run(() => loop(stopping), CancellationToken.None);
        }
    }

    /// <summary>Cancels the loop and waits for its end.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        Task running;
        lock (_lock)
            running = _running;
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }
}
