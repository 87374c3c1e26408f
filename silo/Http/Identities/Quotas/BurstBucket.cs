namespace Orleans.Kpl.Http.Identities.Quotas;

/// <summary>Tokens that come back at a steady rate, of which many may be saved up. Safe on any thread.</summary>
/// <param name="tokens">How many there are at first.</param>
/// <param name="filledAt">When that is, as a timestamp.</param>
internal sealed class BurstBucket(double tokens, long filledAt)
{
    private readonly Lock _lock = new();
    private double _tokens = tokens;
    private long _filledAt = filledAt;

    /// <summary>Whether there is a token.</summary>
    public bool HasAny(double perSecond, double most, long now, TimeProvider time) => Take(0, perSecond, most, now, time);

    /// <summary>Takes a token; false where there is none.</summary>
    public bool TryTake(double perSecond, double most, long now, TimeProvider time) => Take(1, perSecond, most, now, time);

    /// <summary>Gives back a token that was not used after all.</summary>
    public void Return()
    {
        lock (_lock)
            _tokens++;
    }

    private bool Take(int count, double perSecond, double most, long now, TimeProvider time)
    {
        lock (_lock)
        {
            var since = Math.Max(0, time.GetElapsedTime(_filledAt, now).TotalSeconds);
            (_tokens, _filledAt) = (Math.Min(most, _tokens + (perSecond * since)), Math.Max(_filledAt, now));
            if (_tokens < 1)
                return false;
            _tokens -= count;
            return true;
        }
    }
}
