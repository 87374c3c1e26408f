namespace Orleans.Kpl.Aws.Signing;

/// <summary>
/// The time that requests are signed with: ours, corrected by what the service's Date header told when it refused a signature,
/// as the AWS SDKs do. Kinesis refuses signatures that are more than five minutes off.
/// </summary>
internal sealed class ServerClock(TimeProvider time)
{
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(1);

    private long _offsetTicks;

    public DateTimeOffset UtcNow => time.GetUtcNow().AddTicks(Volatile.Read(ref _offsetTicks));

    /// <summary>What is added to this machine's time.</summary>
    public TimeSpan Offset => TimeSpan.FromTicks(Volatile.Read(ref _offsetTicks));

    /// <summary>Learns from a refusal; false where the time it was signed with was right enough, so that time was not its reason.</summary>
    public bool TryLearn(DateTimeOffset serverTime, DateTimeOffset signedAt)
    {
        if ((serverTime - signedAt).Duration() <= Tolerance)
            return false;
        Volatile.Write(ref _offsetTicks, (serverTime - time.GetUtcNow()).Ticks);
        return true;
    }
}
