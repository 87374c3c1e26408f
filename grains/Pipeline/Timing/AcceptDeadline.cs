namespace Orleans.Kpl.Pipeline.Timing;

/// <summary>How long one caller waits for its records to be accepted: for a time, unless it gives up before.</summary>
internal sealed class AcceptDeadline : IDisposable
{
    private readonly CancellationTokenSource _time;
    private readonly CancellationTokenSource _either;
    private readonly CancellationToken _caller;

    public AcceptDeadline(TimeSpan limit, TimeProvider time, CancellationToken caller)
    {
        _caller = caller;
        _time = new CancellationTokenSource(limit, time);
        _either = caller.CanBeCanceled ? CancellationTokenSource.CreateLinkedTokenSource(caller, _time.Token) : _time;
    }

    /// <summary>Ends all waiting, whichever of the two came first.</summary>
    public CancellationToken Token => _either.Token;

    /// <summary>Whether the time is up, and the caller still waits.</summary>
    public bool IsOver => _time.IsCancellationRequested && !_caller.IsCancellationRequested;

    public void Dispose()
    {
        _either.Dispose();
        _time.Dispose();
    }
}
