namespace Orleans.Kpl.Silos.Membership;

/// <summary>
/// Runs a check when silos start or leave, on request, and once a minute, sooner after an error; one check at a time. So no reminder is
/// needed: while any silo lives, the check runs.
/// </summary>
/// <param name="look">The check; an error ends that one check only.</param>
/// <param name="failed">Called with such an error.</param>
internal sealed class PeriodicCheck(LiveSilos silos, TimeProvider time, Func<CancellationToken, Task> look, Action<Exception> failed) : IAsyncDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _due = new(1);
    private Task _looking = Task.CompletedTask;
    private TaskCompletionSource _looked = NewSignal();
    private long _requests = 1;
    private long _answered;

    public void Start()
    {
        silos.Changed += LookSoon;
        silos.Lost += LookAfter;
        _looking = Task.Run(RunAsync);
    }

    public async Task StopAsync()
    {
        silos.Changed -= LookSoon;
        silos.Lost -= LookAfter;
        await _stop.CancelAsync().ConfigureAwait(false);
        await _looking.ConfigureAwait(false);
        Answer(0);
    }

    /// <summary>Requests another check, after the one under way; without effect once the checks have ended.</summary>
    public void LookSoon()
    {
        lock (_due)
        {
            if (_stop.IsCancellationRequested)
                return;
            _requests++;
            if (_due.CurrentCount == 0)
                _due.Release();
        }
    }

    /// <summary>Completes when what was requested so far, the first check included, has been checked without an error, or the checks end.</summary>
    public async Task SettledAsync(CancellationToken cancellationToken)
    {
        long request;
        lock (_due)
            request = _requests;
        while (true)
        {
            Task looked;
            lock (_due)
            {
                if (_answered >= request || _stop.IsCancellationRequested)
                    return;
                looked = _looked.Task;
            }

            await looked.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        _stop.Dispose();
        lock (_due)
            _due.Dispose();
    }

    private void LookAfter(SiloId silo) => LookSoon();

    private async Task RunAsync()
    {
        var wait = Every;
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await WaitAsync(wait).ConfigureAwait(false);
                wait = AfterFailure;
                var requests = Requests();
                await look(_stop.Token).ConfigureAwait(false);
                Answer(requests);
                wait = Every;
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                failed(e);
            }
        }
    }

    private long Requests()
    {
        lock (_due)
            return _requests;
    }

    private void Answer(long requests)
    {
        TaskCompletionSource looked;
        lock (_due)
        {
            _answered = Math.Max(_answered, requests);
            (looked, _looked) = (_looked, NewSignal());
        }

        looked.SetResult();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task WaitAsync(TimeSpan most)
    {
        using var waited = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        await Task.WhenAny(_due.WaitAsync(waited.Token), Task.Delay(most, time, waited.Token)).ConfigureAwait(false);
        await waited.CancelAsync().ConfigureAwait(false);
        _stop.Token.ThrowIfCancellationRequested();
    }
}
