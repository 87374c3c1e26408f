namespace Orleans.Kpl.Cli.Tail;

/// <summary>
/// How long to wait from one GetRecords of a shard to the next. Kinesis allows 5 calls and 2 MiB a second for each shard, to
/// all consumers together (AWS: GetRecords).
/// </summary>
internal static class ReadPace
{
    /// <summary>At the tip: one call a second, which leaves four to others.</summary>
    public static readonly TimeSpan AtTip = TimeSpan.FromSeconds(1);

    /// <summary>Behind: four calls a second, which leaves one.</summary>
    public static readonly TimeSpan Behind = TimeSpan.FromMilliseconds(250);

    private const double BytesPerSecond = 2 * 1024 * 1024;
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    /// <summary>The wait after an answer.</summary>
    /// <param name="bytes">Keys and data in the answer.</param>
    /// <param name="isAtTip">Whether nothing is behind.</param>
    /// <param name="sinceCall">Time since the call was made: calls are counted from there, bytes from the answer.</param>
    public static TimeSpan After(long bytes, bool isAtTip, TimeSpan sinceCall)
    {
        var forCall = (isAtTip ? AtTip : Behind) - sinceCall;
        var forBytes = TimeSpan.FromSeconds(bytes / BytesPerSecond);
        return forBytes > forCall ? forBytes : forCall;
    }

    /// <summary>The wait after the given number of failures in a row: 0.5 s, doubling up to 5 s.</summary>
    public static TimeSpan AfterFailure(int failures) =>
        TimeSpan.FromSeconds(Math.Min(LongestPause.TotalSeconds, 0.5 * Math.Pow(2, Math.Min(failures - 1, 10))));
}
