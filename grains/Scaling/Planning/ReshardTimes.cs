namespace Orleans.Kpl.Scaling.Planning;

/// <summary>
/// Estimates how long Kinesis takes. AWS publishes no figures. A split or merge must find the stream ACTIVE, and so waits for the previous one; it is
/// known to take about half a minute. UpdateShardCount "could take a few minutes, depending on the size" (its page); the time for each of its own
/// splits and merges is an estimate from that.
/// </summary>
internal sealed record ReshardTimes
{
    public static ReshardTimes Default { get; } = new();

    /// <summary>Gets the time from the call of one split or merge until the stream is ACTIVE again.</summary>
    public TimeSpan Step { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Gets the minimum time of UpdateShardCount.</summary>
    public TimeSpan UpdateShardCount { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Gets the additional time of UpdateShardCount for each boundary that it adds or removes.</summary>
    public TimeSpan UpdateShardCountPerBoundary { get; init; } = TimeSpan.FromSeconds(0.5);
}
