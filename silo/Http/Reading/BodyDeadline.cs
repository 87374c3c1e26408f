namespace Orleans.Kpl.Http.Reading;

/// <summary>How long one body may take. It has a timer only where a body has not come at once.</summary>
internal sealed class BodyDeadline(TimeSpan limit, TimeProvider time) : IDisposable
{
    private CancellationTokenSource? _source;
    private volatile bool _isEnded;
    private bool _isDisposed;

    /// <summary>Whether the time is up.</summary>
    public bool IsOver => !_isEnded && _source is { IsCancellationRequested: true };

    /// <summary>Whether <see cref="End"/> was called.</summary>
    public bool IsEnded => _isEnded;

    /// <summary>Is cancelled when the time is up, which is counted from the first call, and when it was ended.</summary>
    public CancellationToken Token
    {
        get
        {
            lock (this)
            {
                _source ??= new CancellationTokenSource(limit, time);
                if (_isEnded)
                    _source.Cancel();
                return _source.Token;
            }
        }
    }

    /// <summary>Ends the reading before the time is up. Safe on any thread, also afterwards.</summary>
    public void End()
    {
        lock (this)
        {
            _isEnded = true;
            if (!_isDisposed)
                _source?.Cancel();
        }
    }

    public void Dispose()
    {
        lock (this)
        {
            _isDisposed = true;
            _source?.Dispose();
        }
    }
}
