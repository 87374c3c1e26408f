namespace Orleans.Kpl.Cli.Tail;

/// <summary>
/// Decides how long to wait between two GetRecords calls of a shard. Kinesis allows 5 calls and 2 MiB a second for each shard, to all
/// consumers together (AWS: GetRecords).
/// </summary>
internal static class ReadPace
{
    /// <summary>The wait at the tip: one call a second, which leaves four to other consumers.</summary>
    public static readonly TimeSpan AtTip = TimeSpan.FromSeconds(1);

    /// <summary>The wait while behind the tip: four calls a second, which leaves one to other consumers.</summary>
    public static readonly TimeSpan Behind = TimeSpan.FromMilliseconds(250);

    private const double BytesPerSecond = 2 * 1024 * 1024;
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    /// <summary>Returns the wait after an answer.</summary>
    /// <param name="bytes">Bytes of keys and data in the answer.</param>
    /// <param name="isAtTip">Whether the answer reached the tip of the shard.</param>
    /// <param name="sinceCall">Time since the call was made: Kinesis counts calls from there, bytes from the answer.</param>
    public static TimeSpan After(long bytes, bool isAtTip, TimeSpan sinceCall)
    {
        var forCall = (isAtTip ? AtTip : Behind) - sinceCall;
        var forBytes = TimeSpan.FromSeconds(bytes / BytesPerSecond);
        return forBytes > forCall ? forBytes : forCall;
    }

    /// <summary>Returns the wait after the given number of failures in a row: 0.5 s, doubling up to 5 s.</summary>
    public static TimeSpan AfterFailure(int failures) =>
        TimeSpan.FromSeconds(Math.Min(LongestPause.TotalSeconds, 0.5 * Math.Pow(2, Math.Min(failures - 1, 10))));
}
