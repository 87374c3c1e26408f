namespace Orleans.Kpl.Http.Identities.Quotas;

/// <summary>
/// Tokens of one second that come back at a steady rate. How much a request takes is known only when it has been read, so it may take what is not
/// there; then the next one waits until the debt is paid.
/// </summary>
internal sealed class RateBucket
{
    private double _tokens;
    private long? _filledAt;

    /// <summary>Returns how long to wait until a request may begin; zero if it may begin now.</summary>
    /// <param name="rate">Tokens a second.</param>
    /// <param name="now">A timestamp of the clock.</param>
    /// <param name="time">The clock.</param>
    public TimeSpan WaitFor(long rate, long now, TimeProvider time)
    {
        _tokens = _filledAt is { } filled ? Math.Min(rate, _tokens + (rate * time.GetElapsedTime(filled, now).TotalSeconds)) : rate;
        _filledAt = now;
        return _tokens > 0 ? TimeSpan.Zero : TimeSpan.FromSeconds((1 - _tokens) / rate);
    }

    /// <summary>Takes tokens, whether they are there or not.</summary>
    public void Take(long count) => _tokens -= count;
}
