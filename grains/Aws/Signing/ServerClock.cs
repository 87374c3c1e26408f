namespace Orleans.Kpl.Aws.Signing;

/// <summary>
/// The clock that requests are signed with: this machine's time, corrected by the Date header of an answer that refused a signature, as the
/// AWS SDKs do. Kinesis refuses signatures that are more than five minutes off.
/// </summary>
internal sealed class ServerClock(TimeProvider time)
{
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(1);

    private long _offsetTicks;

    public DateTimeOffset UtcNow => time.GetUtcNow().AddTicks(Volatile.Read(ref _offsetTicks));

    /// <summary>The correction that is added to this machine's time.</summary>
    public TimeSpan Offset => TimeSpan.FromTicks(Volatile.Read(ref _offsetTicks));

    /// <summary>Corrects the clock after a refusal; false if the time of signing was close enough, so that it was not the reason.</summary>
    public bool TryLearn(DateTimeOffset serverTime, DateTimeOffset signedAt)
    {
        if ((serverTime - signedAt).Duration() <= Tolerance)
            return false;
        Volatile.Write(ref _offsetTicks, (serverTime - time.GetUtcNow()).Ticks);
        return true;
    }
}
