namespace Orleans.Kpl.Pipeline.Timing;

/// <summary>
/// How long to wait before each further attempt: the first wait, then twice the previous one, up to the longest. A mutable value: keep it in a local
/// variable or a field that is not read-only.
/// </summary>
/// <param name="first">The first wait, above zero.</param>
/// <param name="last">The longest wait, at least the first.</param>
internal struct Backoff(TimeSpan first, TimeSpan last)
{
    private readonly TimeSpan _first = first;
    private readonly TimeSpan _last = last;
    private TimeSpan _next = first;

    /// <summary>Returns the wait before the next attempt.</summary>
    public TimeSpan Next()
    {
        var wait = _next;
        // Compared with half the maximum, because doubling a long wait could overflow.
        _next = wait > _last / 2 ? _last : wait * 2;
        return wait;
    }

    /// <summary>Notes that an attempt succeeded: the first wait comes next.</summary>
    public void Reset() => _next = _first;

    /// <summary>Makes a call until it succeeds, with these waits in between.</summary>
    /// <param name="again">Whether to try again after that failure of that try, from 1; where not, it is thrown.</param>
    public readonly async Task<T> RetryAsync<T>(Func<Task<T>> call, Func<Exception, int, bool> again, TimeProvider time, CancellationToken cancellationToken)
    {
        var waits = this;
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await call().ConfigureAwait(false);
            }
            catch (Exception e) when (again(e, tries))
            {
            }

            await Task.Delay(waits.Next(), time, cancellationToken).ConfigureAwait(false);
        }
    }

    public readonly Task RetryAsync(Func<Task> call, Func<Exception, int, bool> again, TimeProvider time, CancellationToken cancellationToken) => RetryAsync(
        async () =>
        {
            await call().ConfigureAwait(false);
            return true;
        },
        again, time, cancellationToken);

    /// <summary>
    /// Returns a wait between half of the longest and the longest: many who were turned away at one instant, each with a seed of its own, come back at many.
    /// </summary>
    public static TimeSpan Spread(TimeSpan longest, long seed)
    {
        // The upper bits of the product are as good as random.
        var share = (uint)seed * 2_654_435_769u / (double)uint.MaxValue;
        return longest * ((1 + share) / 2);
    }
}

/// <summary>Allows an action at most once per interval, however many threads ask.</summary>
internal sealed class Cooldown(TimeSpan interval)
{
    private readonly long _interval = interval.Ticks;
    private long _lastAt = -interval.Ticks;

    /// <summary>Starts the interval and returns true, for one caller per interval; returns false for all others.</summary>
    public bool TryStart(long now)
    {
        var lastAt = Interlocked.Read(ref _lastAt);
        return now - lastAt >= _interval && Interlocked.CompareExchange(ref _lastAt, now, lastAt) == lastAt;
    }
}
