namespace Orleans.Kpl.Aws.Transport;

/// <summary>
/// Ends a call when its time is up, or its caller cancels. Where this process stood still meanwhile, the answer to what was sent may be here, unread: such a
/// call has a moment more. Else its records would be sent again, or end as failed, though Kinesis has them and said so.
/// </summary>
internal sealed class CallLimit : IDisposable
{
    /// <summary>A timer that is so late had no thread, or the process was paused. It is also how long the moment is.</summary>
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(1);

    private readonly TimeSpan _limit;
    private readonly TimeProvider _time;
    private readonly long _began;
    // Never disposed: a timer that fires at the end of the call would find it gone, and it holds nothing.
    private readonly CancellationTokenSource _over = new();
    private readonly CancellationTokenRegistration _caller;
    private readonly ITimer _timer;
    private volatile BodyContent? _sent;
    private bool _wasLate;

    public CallLimit(TimeSpan limit, TimeProvider time, CancellationToken caller)
    {
        (_limit, _time, _began) = (limit, time, time.GetTimestamp());
        _caller = caller.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), _over);
        _timer = time.CreateTimer(static call => ((CallLimit)call!).OnDue(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(limit, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Is cancelled when the call is over.</summary>
    public CancellationToken Token => _over.Token;

    /// <summary>Tells of the request that the call waits for now.</summary>
    public void Sending(BodyContent content) => _sent = content;

    public void Dispose()
    {
        _caller.Dispose();
        _timer.Dispose();
    }

    private void OnDue()
    {
        // What is still being written ends now: Kinesis would get it later than anybody expects.
        if (!_wasLate && _sent is { IsWritten: true } && _time.GetElapsedTime(_began) - _limit >= Moment)
        {
            _wasLate = true;
            _timer.Change(Moment, Timeout.InfiniteTimeSpan);
            return;
        }

        _over.Cancel();
    }
}
