namespace Orleans.Kpl.Pipeline;

/// <summary>Validates the options of one put.</summary>
internal static class PutOptionsValidator
{
    /// <summary>Checks the options of one put, before anything is accepted.</summary>
    /// <exception cref="NotSupportedException">The options ask for the backlog, and there is none.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    public static void Check(PutOptions? options, bool hasBacklog)
    {
        if (options?.AckLevel == AckLevel.Persisted && !hasBacklog)
            throw new NotSupportedException("AckLevel Persisted needs the durable backlog, and this process was started without one: Kpl:Backlog:Directory names a folder for it, and --data of the local tier");
        if (options?.TimeToLive is { } ttl && (ttl < TimeSpan.FromMilliseconds(1) || ttl > TimeSpan.FromDays(24)))
            throw new ArgumentOutOfRangeException(nameof(options), ttl, "TimeToLive must be 1 millisecond to 24 days");
    }
}
