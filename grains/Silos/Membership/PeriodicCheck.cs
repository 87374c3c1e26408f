namespace Orleans.Kpl.Silos.Membership;

/// <summary>
/// Runs a check when silos start or leave, on request, and once a minute, sooner after an error; one check at a time. So no reminder is
/// needed: while any silo lives, the check runs.
/// </summary>
/// <param name="silos">The silos.</param>
/// <param name="time">The time.</param>
/// <param name="look">The check; an error ends that one check only.</param>
/// <param name="failed">Called with such an error.</param>
internal sealed class PeriodicCheck(LiveSilos silos, TimeProvider time, Func<CancellationToken, Task> look, Action<Exception> failed) : IAsyncDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _due = new(1);
    private Task _looking = Task.CompletedTask;

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
    }

    /// <summary>Requests another check, after the one under way.</summary>
    public void LookSoon()
    {
        lock (_due)
        {
            if (_due.CurrentCount == 0)
                _due.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        _stop.Dispose();
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
                await look(_stop.Token).ConfigureAwait(false);
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

    private async Task WaitAsync(TimeSpan most)
    {
        using var waited = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        await Task.WhenAny(_due.WaitAsync(waited.Token), Task.Delay(most, time, waited.Token)).ConfigureAwait(false);
        await waited.CancelAsync().ConfigureAwait(false);
        _stop.Token.ThrowIfCancellationRequested();
    }
}
