namespace Orleans.Kpl;

/// <summary>
/// The time that the stop of a tier's process may take, shared by its parts: each takes what is left, less what the parts after it need. Whoever ends
/// processes gives one number, and what comes last must not be cut because something before it took long.
/// </summary>
/// <param name="total">How long the whole stop may take: <see cref="KplOptions.StopTimeout"/>.</param>
/// <param name="drain">How long records may take at most: <see cref="KplOptions.DrainTimeout"/>.</param>
internal sealed class StopBudget(TimeSpan total, TimeSpan drain, TimeProvider time)
{
    /// <summary>The time that is kept for the end, when every record has ended: outcomes are told, requests answered, the cluster is left.</summary>
    private static readonly TimeSpan LongestEnd = TimeSpan.FromSeconds(15);

    private readonly Lock _lock = new();
    private long? _begun;

    /// <summary>The time left of the whole; never negative. All of it before the stop has begun.</summary>
    public TimeSpan Left
    {
        get
        {
            lock (_lock)
                return _begun is { } begun ? NotNegative(total - time.GetElapsedTime(begun)) : total;
        }
    }

    /// <summary>The time for shards to move to other silos: what records and the end leave, and a quarter of the whole at least.</summary>
    public TimeSpan ForMoves => NotNegative(Left - total + Longer(total - drain - End, total / 4));

    /// <summary>The time for records to end.</summary>
    public TimeSpan ForRecords => Shorter(drain, NotNegative(Left - End));

    /// <summary>
    /// The time that records have to end, and stores to be closed. A store that answers needs a moment; one that is away must not take the time of those who
    /// wait for outcomes.
    /// </summary>
    public TimeSpan ForClosing => NotNegative(Left - (End * 3 / 4));

    /// <summary>The time for the last upload of metrics: it has the last records, so it begins when every record has ended.</summary>
    public TimeSpan ForUpload => NotNegative(Left - (End / 4));

    private TimeSpan End => Shorter(LongestEnd, total / 6);

    /// <summary>Starts the clock; a second call has no effect.</summary>
    public void Begin()
    {
        lock (_lock)
            _begun ??= time.GetTimestamp();
    }

    /// <summary>Returns what a part of the end may take, which would take this long by itself.</summary>
    public TimeSpan ForEnd(TimeSpan most) => Shorter(most, Left);

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private static TimeSpan Longer(TimeSpan one, TimeSpan other) => one > other ? one : other;

    private static TimeSpan NotNegative(TimeSpan span) => Longer(span, TimeSpan.Zero);
}
