namespace Orleans.Kpl.Http.Identities.Quotas;

/// <summary>
/// Tokens that come back at a steady rate, at most those of half a second: so no ten seconds see more than a twentieth above the rate. How much a
/// request takes is known only when it has been read, so it may take what is not there; then the next one waits until the debt is paid.
/// </summary>
internal sealed class RateBucket
{
    private const double LongestSaving = 0.5;

    private double _tokens;
    private double _rate;
    private long? _filledAt;

    /// <summary>Returns how long to wait until a request may begin; zero if it may begin now.</summary>
    /// <param name="rate">Tokens a second from now on.</param>
    /// <param name="hoped">Tokens a second that the caller will have soon: what is told as the time to wait counts with these.</param>
    /// <param name="now">A timestamp of the clock.</param>
    public TimeSpan WaitFor(double rate, double hoped, long now, TimeProvider time)
    {
        // When the rate changed since the last look is not known: the lower of the two held for all of the time.
        _tokens = _filledAt is { } filled
            ? Math.Min(rate * LongestSaving, _tokens + (Math.Min(rate, _rate) * time.GetElapsedTime(filled, now).TotalSeconds))
            : rate * LongestSaving;
        (_rate, _filledAt) = (rate, now);
        return _tokens > 0 ? TimeSpan.Zero : TimeSpan.FromSeconds((1 - _tokens) / Math.Max(rate, hoped));
    }

    /// <summary>Takes tokens, whether they are there or not.</summary>
    public void Take(long count) => _tokens -= count;

    /// <summary>Forgets debts and savings: the next look finds the bucket full.</summary>
    public void Reset() => _filledAt = null;

    /// <summary>Gives back tokens that were not used after all.</summary>
    public void Return(long count) => _tokens += count;
}

/// <summary>Measures what is wanted a second. After a refusal nobody knows how much that is: then it is whatever there is.</summary>
internal sealed class DemandMeter
{
    /// <summary>Below it nothing is wanted.</summary>
    private const double Least = 0.01;

    private long _lastCount;
    private double _lastRate;
    private bool _isRefused;

    /// <summary>Notes that some was refused.</summary>
    public void Refuse() => _isRefused = true;

    /// <summary>Returns what was wanted a second since the last call; infinity after a refusal. It falls by half at most, for bursts come again.</summary>
    /// <param name="count">All that was taken so far.</param>
    /// <param name="since">The time since the last call; longer than zero.</param>
    public double Take(long count, TimeSpan since)
    {
        _lastRate = Math.Max((count - _lastCount) / since.TotalSeconds, _lastRate / 2);
        if (_lastRate < Least)
            _lastRate = 0;
        var wanted = _isRefused ? double.PositiveInfinity : _lastRate;
        (_lastCount, _isRefused) = (count, false);
        return wanted;
    }
}
