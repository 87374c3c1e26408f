namespace Orleans.Kpl.Pipeline.Timing;

/// <summary>How long one caller waits for its records to be accepted: for a time, unless it gives up before.</summary>
internal sealed class AcceptDeadline : IDisposable
{
    private readonly CancellationTokenSource _time;
    private readonly CancellationTokenSource _either;
    private readonly CancellationToken _caller;
    private readonly TimeProvider _clock;
    private readonly long _began;

    public AcceptDeadline(TimeSpan limit, TimeProvider time, CancellationToken caller)
    {
        (_caller, _clock, _began) = (caller, time, time.GetTimestamp());
        _time = new CancellationTokenSource(limit, time);
        _either = caller.CanBeCanceled ? CancellationTokenSource.CreateLinkedTokenSource(caller, _time.Token) : _time;
    }

    /// <summary>Ends all waiting, whichever of the two came first.</summary>
    public CancellationToken Token => _either.Token;

    /// <summary>Whether the time is up, and the caller still waits.</summary>
    public bool IsOver => _time.IsCancellationRequested && !_caller.IsCancellationRequested;

    /// <summary>The options for what is left to wait for: the time for which a put may wait is one for all of it.</summary>
    public PutOptions? Rest(PutOptions? options) => options?.AcceptTimeout is { } limit && limit - _clock.GetElapsedTime(_began) is var left
        ? options with { AcceptTimeout = left > TimeSpan.Zero ? left : TimeSpan.Zero }
        : options;

    public void Dispose()
    {
        _either.Dispose();
        _time.Dispose();
    }
}
