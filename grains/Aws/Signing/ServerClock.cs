namespace Orleans.Kpl.Aws.Signing;

/// <summary>
/// The clock that requests are signed with: this machine's time, corrected by the Date header of an answer that refused a signature, as the
/// AWS SDKs do. Kinesis refuses signatures that are more than five minutes off.
/// </summary>
internal sealed class ServerClock(TimeProvider time)
{
    /// <summary>
    /// No machine in use is that wrong, and a Date that says so is not believed: whoever answers could have requests signed for a time to come.
    /// </summary>
    public static readonly TimeSpan Farthest = TimeSpan.FromHours(24);

    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(1);

    private long _offsetTicks;

    /// <summary>Is called with each new correction, on the thread that learned it: it must return at once, and must not throw.</summary>
    public Action<TimeSpan>? Corrected { get; set; }

    public DateTimeOffset UtcNow => time.GetUtcNow().AddTicks(Volatile.Read(ref _offsetTicks));

    /// <summary>The correction that is added to this machine's time.</summary>
    public TimeSpan Offset => TimeSpan.FromTicks(Volatile.Read(ref _offsetTicks));

    /// <summary>
    /// Corrects the clock after a refusal; false if the time of signing was close enough, so that it was not the reason, or if the server's time is more
    /// than a day off.
    /// </summary>
    public bool TryLearn(DateTimeOffset serverTime, DateTimeOffset signedAt)
    {
        if ((serverTime - signedAt).Duration() <= Tolerance)
            return false;
        var offset = serverTime - time.GetUtcNow();
        if (offset.Duration() > Farthest)
            return false;
        Volatile.Write(ref _offsetTicks, offset.Ticks);
        Corrected?.Invoke(offset);
        return true;
    }
}
