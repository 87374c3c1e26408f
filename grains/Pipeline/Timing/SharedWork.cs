namespace Orleans.Kpl.Pipeline.Timing;

/// <summary>
/// Work that many ask for and that is done once for all of them: what is asked for during a run becomes one more run. One that fails is made again, after
/// growing waits. Safe on any thread.
/// </summary>
/// <param name="first">The wait after a first failure.</param>
/// <param name="last">The longest wait.</param>
internal sealed class SharedWork(TimeSpan first, TimeSpan last)
{
    private long _asked;

    /// <summary>Begins a run, or has one more follow the run under way.</summary>
    /// <param name="run">A run, the same for all who ask.</param>
    /// <param name="failed">Told of each run that failed.</param>
    /// <param name="stop">Ends the work: after it no run begins, and a failure is none.</param>
    public void Ask(Func<Task> run, Action<Exception> failed, TimeProvider time, CancellationToken stop = default)
    {
        if (Interlocked.Increment(ref _asked) == 1)
            _ = OwnFlow.Run(() => RunAsync(run, failed, time, stop));
    }

    private async Task RunAsync(Func<Task> run, Action<Exception> failed, TimeProvider time, CancellationToken stop)
    {
        var backoff = new Backoff(first, last);
        // Requests that come meanwhile stay counted.
        for (var asked = 1L; asked > 0 && !stop.IsCancellationRequested; asked = Interlocked.Add(ref _asked, -asked))
        {
            try
            {
                await run().ConfigureAwait(false);
                backoff.Reset();
            }
            catch (Exception e)
            {
                if (stop.IsCancellationRequested)
                    return;
                failed(e);
                Interlocked.Increment(ref _asked);
                await Task.Delay(backoff.Next(), time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }
}
