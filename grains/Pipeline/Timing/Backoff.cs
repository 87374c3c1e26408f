namespace Orleans.Kpl.Pipeline.Timing;

/// <summary>
/// How long to wait before each further try: the first wait, then twice the one before, never more than the last.
/// A mutable value: keep it in a local variable or a field that is not read-only.
/// </summary>
/// <param name="first">The first wait, above zero.</param>
/// <param name="last">The longest wait, at least the first.</param>
internal struct Backoff(TimeSpan first, TimeSpan last)
{
    private readonly TimeSpan _first = first;
    private readonly TimeSpan _last = last;
    private TimeSpan _next = first;

    /// <summary>The wait before the next try.</summary>
    public TimeSpan Next()
    {
        var wait = _next;
        // Compared by half: twice a long wait could overflow.
        _next = wait > _last / 2 ? _last : wait * 2;
        return wait;
    }

    /// <summary>A try succeeded: the first wait comes next.</summary>
    public void Reset() => _next = _first;
}
