namespace Orleans.Kpl;

/// <summary>
/// The metrics that collectors of package <c>Orleans.Kpl.Metrics</c> keep, and where they go: settings <c>Kpl:Metrics*</c> and section
/// <c>Kpl:Metrics</c>. Without a collector they have no effect: other listeners of the meter choose for themselves.
/// </summary>
public sealed class MetricsOptions
{
    private IReadOnlyList<string>? _withSinkOfKpl;

    /// <summary>Which metrics are kept. Default <see cref="MetricsLevel.Detailed"/> (KPL <c>MetricsLevel</c>).</summary>
    public MetricsLevel Level { get; set; } = MetricsLevel.Detailed;

    /// <summary>
    /// How finely metrics are kept: by process, stream or shard. Default <see cref="MetricsGranularity.Auto"/>; KPL's <c>MetricsGranularity</c> is
    /// <c>shard</c>.
    /// </summary>
    public MetricsGranularity Granularity { get; set; } = MetricsGranularity.Auto;

    /// <summary>
    /// The namespace in CloudWatch: 1 to 255 letters, digits and <c>. - _ / # :</c> or blanks, not beginning with <c>AWS/</c>. Default
    /// <c>KinesisProducerLibrary</c> (KPL <c>MetricsNamespace</c>).
    /// </summary>
    public string Namespace { get; set; } = "KinesisProducerLibrary";

    /// <summary>The time between two uploads. Default 60 s; 1 ms to 60 s (KPL <c>MetricsUploadDelay</c>).</summary>
    public TimeSpan UploadDelay { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// The sinks of collected metrics: <c>InMemory</c>, <c>Prometheus</c>, <c>CloudWatch</c>, <c>Datadog</c>, and in silos and the local tier
    /// <c>CloudWatchOtlp</c>. Default null: <c>Prometheus</c> in silos and the local tier, nothing elsewhere.
    /// </summary>
    public IReadOnlyList<string>? Sinks { get; set; }

    /// <summary>Further meters on the Prometheus page and by OTLP, such as <c>Microsoft.Orleans</c> or <c>System.Runtime</c>. Default none.</summary>
    public IReadOnlyList<string> Meters { get; set; } = [];

    /// <summary>
    /// Further dimensions of every metric at CloudWatch, after KPL's own, and tags at Datadog (KPL <c>addAdditionalMetricsDimension</c>); at most 27,
    /// because CloudWatch allows 30. Names: 1 to 255 characters of printable ASCII without <c>,</c> and <c>=</c>, not beginning with <c>:</c>, each once,
    /// and none of this library's own. Values: 1 to 1,024 such characters or <c>=</c>. Default none.
    /// </summary>
    public IReadOnlyList<KeyValuePair<string, string>> Dimensions { get; set; } = [];

    /// <summary>
    /// Further dimensions of the metrics of streams and shards, after <see cref="Dimensions"/> and under the same rules (KPL: granularity <c>stream</c>).
    /// Default none.
    /// </summary>
    public IReadOnlyList<KeyValuePair<string, string>> StreamDimensions { get; set; } = [];

    /// <summary>
    /// Further dimensions of the metrics of shards, after <see cref="StreamDimensions"/> and under the same rules (KPL: granularity <c>shard</c>). Default
    /// none.
    /// </summary>
    public IReadOnlyList<KeyValuePair<string, string>> ShardDimensions { get; set; } = [];

    /// <summary>The host of CloudWatch, over https. Default null: that of the region (KPL <c>CloudwatchEndpoint</c>).</summary>
    public string? CloudwatchEndpoint { get; set; }

    /// <summary>The port at <see cref="CloudwatchEndpoint"/>. Default 443; 1 to 65,535 (KPL <c>CloudwatchPort</c>).</summary>
    public int CloudwatchPort { get; set; } = 443;

    /// <summary>An endpoint instead of CloudWatch's own, such as <c>http://127.0.0.1:5000</c>. Default null.</summary>
    public Uri? EndpointUrl { get; set; }

    /// <summary>The region of CloudWatch. Default null: that of Kinesis.</summary>
    public string? Region { get; set; }

    /// <summary>An access key for CloudWatch. Default null: the credentials for Kinesis.</summary>
    public string? AccessKeyId { get; set; }

    /// <summary>The secret access key for <see cref="AccessKeyId"/>.</summary>
    public string? SecretAccessKey { get; set; }

    /// <summary>The session token of temporary credentials. Default null.</summary>
    public string? SessionToken { get; set; }

    /// <summary>A profile in AWS's shared files, for CloudWatch. Default null: the credentials for Kinesis.</summary>
    public string? Profile { get; set; }

    /// <summary>
    /// Returns the credentials for CloudWatch, in place of settings and of those for Kinesis; can only be set in code. See
    /// <see cref="KinesisOptions.Credentials"/>. Default null. For credentials of AWS's SDK there is <c>UseAwsCredentials</c> (KPL
    /// <c>MetricsCredentialsProvider</c>).
    /// </summary>
    public Func<CancellationToken, ValueTask<KinesisCredentials>>? Credentials { get; set; }

    /// <summary>Datadog's API key: 1 to 2,048 visible ASCII characters. Default null: that of the environment variable <c>DD_API_KEY</c>.</summary>
    public string? DatadogApiKey { get; set; }

    /// <summary>
    /// Datadog's site, such as <c>datadoghq.eu</c>. Default null: that of the environment variable <c>DD_SITE</c>, else <c>datadoghq.com</c>.
    /// </summary>
    public string? DatadogSite { get; set; }

    /// <summary>An address instead of <c>https://api.SITE</c>, such as that of a proxy. Default null.</summary>
    public Uri? DatadogUrl { get; set; }

    /// <summary>
    /// The prefix of the name of each metric at Datadog, with a dot between them: a letter, then letters, digits, <c>_</c> and <c>.</c>; up to 100
    /// characters. Default <c>kpl</c>.
    /// </summary>
    public string DatadogPrefix { get; set; } = "kpl";

    /// <summary>Every further dimension.</summary>
    internal IEnumerable<KeyValuePair<string, string>> AllDimensions => [.. Dimensions, .. StreamDimensions, .. ShardDimensions];

    /// <summary>The further dimensions of a metric.</summary>
    /// <param name="own">Its own.</param>
    internal IEnumerable<KeyValuePair<string, string>> DimensionsBehind(IReadOnlyList<KeyValuePair<string, string>> own) =>
        own.Any(static d => d.Key == "ShardId") ? AllDimensions : own.Any(static d => d.Key == "StreamName") ? [.. Dimensions, .. StreamDimensions] : Dimensions;

    /// <summary>Adds the sink to which KPL sends metrics.</summary>
    internal void AddSinkOfKpl() => _withSinkOfKpl = Sinks = [.. (Sinks ?? []).Append("CloudWatch").Distinct()];

    /// <summary>Has a tier's metrics on the Prometheus page, unless settings name the sinks; the one that KPL adds names none.</summary>
    internal void AddPrometheusOfTier()
    {
        if (Sinks is null || ReferenceEquals(Sinks, _withSinkOfKpl))
            Sinks = [.. (Sinks ?? []).Prepend("Prometheus").Distinct()];
    }

    /// <summary>Returns an independent copy of these options.</summary>
    public MetricsOptions Clone()
    {
        var copy = (MetricsOptions)MemberwiseClone();
        // The list that KPL's sink was added to is known again by itself, and nobody changes it.
        copy.Sinks = ReferenceEquals(Sinks, _withSinkOfKpl) ? Sinks : Sinks?.ToArray();
        (copy.Meters, copy.Dimensions) = (Meters.ToArray(), Dimensions.ToArray());
        (copy.StreamDimensions, copy.ShardDimensions) = (StreamDimensions.ToArray(), ShardDimensions.ToArray());
        return copy;
    }
}

/// <summary>Which metrics a collector keeps (KPL <c>MetricsLevel</c>); docs/metrics.md has the level of each.</summary>
public enum MetricsLevel
{
    /// <summary>None.</summary>
    None,

    /// <summary>The metrics that every dashboard needs.</summary>
    Summary,

    /// <summary>All.</summary>
    Detailed,
}

/// <summary>How finely the values of a metric are kept (KPL <c>MetricsGranularity</c>).</summary>
public enum MetricsGranularity
{
    /// <summary>By shard for a stream with up to 500 open shards, else by stream; by OTLP always by shard.</summary>
    Auto,

    /// <summary>One value for the process.</summary>
    Global,

    /// <summary>By stream.</summary>
    Stream,

    /// <summary>By stream and shard.</summary>
    Shard,
}
