using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Scaling.Running;

/// <summary>A loop that runs beside its owner's calls, once at a time, and ends with its owner.</summary>
internal sealed class BackgroundLoop : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private Task _running = Task.CompletedTask;
    private bool _isRunning;
    private bool _isWanted;

    public bool IsRunning
    {
        get
        {
            lock (_lock)
                return _isRunning;
        }
    }

    /// <summary>Starts the loop, unless its owner has ended. One that runs may be about to end: once it does, it is run again.</summary>
    /// <param name="loop">The loop, which ends when its token is cancelled.</param>
    public void Start(Func<CancellationToken, Task> loop)
    {
        lock (_lock)
        {
            _isWanted = true;
            if (_isRunning || _stop.IsCancellationRequested)
                return;
            _isRunning = true;
            var stopping = _stop.Token;
            _running = OwnFlow.Start(() => RunAsync(loop, stopping));
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

    private async Task RunAsync(Func<CancellationToken, Task> loop, CancellationToken stopping)
    {
        try
        {
            while (RunsAgain(stopping))
                await loop(stopping).ConfigureAwait(false);
        }
        catch
        {
            lock (_lock)
                _isRunning = false;
            throw;
        }
    }

    /// <summary>Whether it was started since it was run last. Where it was not, it has ended from here on, and the next start runs it.</summary>
    private bool RunsAgain(CancellationToken stopping)
    {
        lock (_lock)
        {
            _isRunning = _isWanted && !stopping.IsCancellationRequested;
            _isWanted = false;
            return _isRunning;
        }
    }
}
