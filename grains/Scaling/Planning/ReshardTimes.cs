namespace Orleans.Kpl.Scaling.Planning;

/// <summary>
/// How long Kinesis takes, as far as it can be estimated: AWS publishes no figures. A split or merge must find the stream ACTIVE, and so waits for the
/// previous one; it is known to take about half a minute. UpdateShardCount "could take a few minutes, depending on the size" (its page); the time for each
/// of its own splits and merges is an estimate from that.
/// </summary>
internal static class ReshardTimes
{
    /// <summary>From the call of one split or merge until the stream is ACTIVE again.</summary>
    public static readonly TimeSpan Step = TimeSpan.FromSeconds(30);

    /// <summary>The least that UpdateShardCount takes.</summary>
    public static readonly TimeSpan UpdateShardCount = TimeSpan.FromSeconds(30);

    /// <summary>What UpdateShardCount takes more for each boundary that it adds or removes.</summary>
    public static readonly TimeSpan UpdateShardCountPerBoundary = TimeSpan.FromSeconds(0.5);
}
