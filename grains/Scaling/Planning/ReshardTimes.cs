namespace Orleans.Kpl.Scaling.Planning;

/// <summary>
/// How long Kinesis takes. AWS publishes no figures: a split or merge, which must find the stream ACTIVE and so waits for the one before,
/// is known to take about half a minute. UpdateShardCount "could take a few minutes, depending on the size" (its page); what it takes for each
/// of its own splits and merges is an estimate from that.
/// </summary>
internal sealed record ReshardTimes
{
    public static ReshardTimes Default { get; } = new();

    /// <summary>From the call of one split or merge until the stream is ACTIVE again.</summary>
    public TimeSpan Step { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>What UpdateShardCount takes at least.</summary>
    public TimeSpan UpdateShardCount { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>What it takes more for each boundary that comes or goes.</summary>
    public TimeSpan UpdateShardCountPerBoundary { get; init; } = TimeSpan.FromSeconds(0.5);
}
