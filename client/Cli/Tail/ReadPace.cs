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

    /// <summary>The wait after an answer, counted from the start of its call.</summary>
    public static TimeSpan After(long bytes, bool isAtTip)
    {
        var least = isAtTip ? AtTip : Behind;
        var forBytes = TimeSpan.FromSeconds(bytes / BytesPerSecond);
        return forBytes > least ? forBytes : least;
    }

    /// <summary>The wait after the given number of failures in a row: 0.5 s, doubling up to 5 s.</summary>
    public static TimeSpan AfterFailure(int failures) =>
        TimeSpan.FromSeconds(Math.Min(LongestPause.TotalSeconds, 0.5 * Math.Pow(2, Math.Min(failures - 1, 10))));
}
