namespace Orleans.Kpl.Metrics.Collecting;

/// <summary>How fine the values of each stream are told.</summary>
/// <param name="granularity">The setting.</param>
/// <param name="shardsOf">The number of open shards of each stream, where it is known.</param>
internal sealed class StreamGranularity(MetricsGranularity granularity, IReadOnlyDictionary<string, long> shardsOf)
{
    /// <summary>
    /// The most open shards that <see cref="MetricsGranularity.Auto"/> tells apart: OpenTelemetry keeps 2,000 sets of tags for each metric, and
    /// CloudWatch charges for each.
    /// </summary>
    public const int MaxShards = 500;

    /// <summary>Returns the granularity of a stream, never <see cref="MetricsGranularity.Auto"/>.</summary>
    public MetricsGranularity Of(string? stream) =>
        granularity != MetricsGranularity.Auto ? granularity
        : stream is not null && shardsOf.GetValueOrDefault(stream) > MaxShards ? MetricsGranularity.Stream
        : MetricsGranularity.Shard;
}
