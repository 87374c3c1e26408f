namespace Orleans.Kpl.Pipeline.Telemetry;

/// <summary>
/// The table of all metrics. The instruments are made from it, and docs/metrics.md is written from it. Levels and granularities of KPL's own are
/// KPL's (<c>metrics.md</c> there).
/// </summary>
internal static class KplMetrics
{
    private const string Records = "Records";
    private const string Attempts = "Time and attempts";
    private const string Errors = "Errors";
    private const string Now = "State";
    private const string Tier = "Shards and owners";
    private const string Backlog = "Backlog";
    private const string Uploads = "Uploads of metrics";

    public static MetricDefinition UserRecordsReceived { get; } =
        Count("UserRecordsReceived", Records, "{record}", "user records accepted, with those that a restart or a takeover found in the backlog or set aside, and dead letters that are put again");

    public static MetricDefinition UserRecordsPut { get; } =
        Shard("UserRecordsPut", Records, "{record}", "user records delivered", MetricLevel.Summary);

    public static MetricDefinition UserRecordsFailed { get; } =
        Shard("UserRecordsFailed", Records, "{record}",
            "user records that ended without success; those with an unknown outcome are counted beside them", MetricLevel.Summary);

    public static MetricDefinition UserRecordsUnknown { get; } =
        Shard("UserRecordsUnknown", Records, "{record}", "user records whose outcome is unknown: Kinesis may have them or not", MetricLevel.Summary);

    public static MetricDefinition UserRecordExpired { get; } =
        Shard("UserRecordExpired", Records, "{record}", "user records that ended as `Expired`, which `UserRecordsFailed` counts too", MetricLevel.Summary);

    public static MetricDefinition UserRecordsDataPut { get; } =
        Shard("UserRecordsDataPut", Records, "By", "data delivered; not told by a client of the tier");

    public static MetricDefinition KinesisRecordsPut { get; } =
        Shard("KinesisRecordsPut", Records, "{record}", "Kinesis records that Kinesis accepted", MetricLevel.Summary);

    public static MetricDefinition KinesisRecordsDataPut { get; } =
        Shard("KinesisRecordsDataPut", Records, "By", "payload that Kinesis accepted");

    public static MetricDefinition UserRecordsPerKinesisRecord { get; } =
        Distribution("UserRecordsPerKinesisRecord", Records, "{record}", "user records of each Kinesis record of a call", MetricGranularity.Shard);

    public static MetricDefinition KinesisRecordsPerPutRecordsRequest { get; } =
        Distribution("KinesisRecordsPerPutRecordsRequest", Records, "{record}", "Kinesis records of each call");

    public static MetricDefinition UserRecordsPerPutRecordsRequest { get; } =
        Distribution("UserRecordsPerPutRecordsRequest", Records, "{record}", "user records of each call");

    public static MetricDefinition BufferingTime { get; } =
        Distribution("BufferingTime", Attempts, "ms",
            "for each user record and attempt: from its acceptance, or from the end of its attempt before, to the beginning of the attempt",
            MetricGranularity.Shard, MetricLevel.Summary);

    public static MetricDefinition RequestTime { get; } =
        Distribution("RequestTime", Attempts, "ms", "each PutRecords call, answered or failed");

    public static MetricDefinition RetriesPerRecord { get; } =
        Distribution("RetriesPerRecord", Attempts, "{attempt}", "attempts after the first, for each user record that ended and had an attempt", MetricGranularity.Shard);

    public static MetricDefinition AcceptWait { get; } =
        Distribution("AcceptWait", Attempts, "ms",
            "for each put that had to wait for memory or for its shard: how long (back-pressure)", level: MetricLevel.Summary);

    public static MetricDefinition AllErrors { get; } =
        Shard("AllErrors", Errors, "{error}", "Kinesis records that were refused, and calls that failed", MetricLevel.Summary);

    public static MetricDefinition ErrorsByCode { get; } =
        Shard("ErrorsByCode", Errors, "{error}", "those of `AllErrors`, with the tag `ErrorCode`", MetricLevel.Summary);

    public static MetricDefinition WrongShard { get; } =
        Shard("WrongShard", Errors, "{record}", "Kinesis records that another shard than the predicted one took; the tag is the predicted one");

    public static MetricDefinition OrderViolations { get; } =
        Shard("OrderViolations", Errors, "{record}",
            "Kinesis records of ordered streams whose sequence number is not above the one before it from their shard", MetricLevel.Summary);

    public static MetricDefinition UserRecordsPending { get; } =
        Gauge("UserRecordsPending", Now, "{record}", "user records that have not ended");

    public static MetricDefinition OutstandingBytes { get; } =
        Gauge("OutstandingBytes", Now, "By", "memory that accepted records hold");

    public static MetricDefinition OldestRecordAge { get; } =
        Gauge("OldestRecordAge", Now, "s", "how long the oldest record without an outcome has been waiting; 0 for none", MetricLevel.Summary);

    public static MetricDefinition ForeignShare { get; } =
        Gauge("ForeignShare", Tier, "1",
            "the share of a shard's rate, 0 to 1, that is left to other writers, as throttles tell", finest: MetricGranularity.Shard);

    public static MetricDefinition ShardUtilisation { get; } =
        Gauge("ShardUtilisation", Tier, "1",
            "what was offered to a shard in the last whole minute, as a share of what it takes; above 1 it cannot keep up", finest: MetricGranularity.Shard);

    public static MetricDefinition OpenShards { get; } =
        Gauge("OpenShards", Tier, "{shard}", "open shards that this process serves", MetricLevel.Summary);

    public static MetricDefinition OwnerMoves { get; } =
        Count("OwnerMoves", Tier, "{shard}", "shards that this silo began to serve");

    public static MetricDefinition UserRecordsAimed { get; } =
        Count("UserRecordsAimed", Tier, "{record}",
            "user records that a [busy client](cluster-clients.md#aiming) gave to the silo that says it serves them");

    public static MetricDefinition UserRecordsAimedWrong { get; } =
        Count("UserRecordsAimedWrong", Tier, "{record}", "those of `UserRecordsAimed` that another silo sends: they took one hop more");

    public static MetricDefinition Reshards { get; } =
        Count("Reshards", Tier, "{operation}",
            "operations on shards that ended, with the tag `Result`: `done`, `stopped` or `failed`", MetricLevel.Summary);

    public static MetricDefinition BacklogRecords { get; } =
        Gauge("BacklogRecords", Backlog, "{record}", "user records that wait in the durable backlog");

    public static MetricDefinition BacklogBytes { get; } =
        Gauge("BacklogBytes", Backlog, "By", "what the segments of the backlog take in the store");

    public static MetricDefinition BacklogAge { get; } =
        Gauge("BacklogAge", Backlog, "s", "how long the oldest record has been waiting in the backlog", MetricLevel.Summary);

    public static MetricDefinition BacklogStoreUnusable { get; } =
        Gauge("BacklogStoreUnusable", Backlog, "{store}", "1 while the backlog's store cannot be used, or not for everything; otherwise 0",
            MetricLevel.Summary);

    public static MetricDefinition BacklogWriteUnits { get; } =
        new("BacklogWriteUnits", MetricKind.ObservableCounter, "{unit}",
            MetricLevel.Detailed, MetricGranularity.Stream, Backlog, "DynamoDB write units of the backlog");

    public static MetricDefinition BacklogCost { get; } =
        new("BacklogCost", MetricKind.ObservableCounter, "{USD}",
            MetricLevel.Detailed, MetricGranularity.Stream, Backlog, "what these cost at `Backlog:WriteUnitPrice`");

    public static MetricDefinition UserRecordsSpilled { get; } =
        Count("UserRecordsSpilled", Backlog, "{record}",
            "user records that went to the backlog because memory was full, or rather than end undelivered", MetricLevel.Summary);

    public static MetricDefinition UserRecordsDeadLettered { get; } =
        Count("UserRecordsDeadLettered", Backlog, "{record}", "user records of the backlog that were set aside", MetricLevel.Summary);

    public static MetricDefinition BacklogSegmentsDamaged { get; } =
        Count("BacklogSegmentsDamaged", Backlog, "{segment}", "segments that could not be read and were moved out of the way", MetricLevel.Summary);

    /// <summary>The metric of collectors: the instruments of producers do not have it.</summary>
    public static MetricDefinition MetricsUploads { get; } =
        new("MetricsUploads", MetricKind.Counter, "{upload}", MetricLevel.Summary, MetricGranularity.Sink, Uploads,
            "uploads of collected metrics to a sink, with the tag `Result`: `done`, or `failed` where values are left for the next one");

    /// <summary>Every metric, in the order of the documentation.</summary>
    public static IReadOnlyList<MetricDefinition> All { get; } =
    [
        UserRecordsReceived, UserRecordsPut, UserRecordsFailed, UserRecordsUnknown, UserRecordExpired, UserRecordsDataPut,
        KinesisRecordsPut, KinesisRecordsDataPut, UserRecordsPerKinesisRecord, KinesisRecordsPerPutRecordsRequest, UserRecordsPerPutRecordsRequest,
        BufferingTime, RequestTime, RetriesPerRecord, AcceptWait,
        AllErrors, ErrorsByCode, WrongShard, OrderViolations,
        UserRecordsPending, OutstandingBytes, OldestRecordAge,
        OpenShards, ShardUtilisation, ForeignShare, OwnerMoves, UserRecordsAimed, UserRecordsAimedWrong, Reshards,
        BacklogRecords, BacklogBytes, BacklogAge, BacklogStoreUnusable, BacklogWriteUnits, BacklogCost,
        UserRecordsSpilled, UserRecordsDeadLettered, BacklogSegmentsDamaged,
        MetricsUploads,
    ];

    private static MetricDefinition Count(string name, string group, string unit, string meaning, MetricLevel level = MetricLevel.Detailed) =>
        new(name, MetricKind.Counter, unit, level, MetricGranularity.Stream, group, meaning);

    private static MetricDefinition Shard(string name, string group, string unit, string meaning, MetricLevel level = MetricLevel.Detailed) =>
        new(name, MetricKind.Counter, unit, level, MetricGranularity.Shard, group, meaning);

    private static MetricDefinition Distribution(
        string name, string group, string unit, string meaning, MetricGranularity finest = MetricGranularity.Stream,
        MetricLevel level = MetricLevel.Detailed) =>
        new(name, MetricKind.Histogram, unit, level, finest, group, meaning);

    private static MetricDefinition Gauge(
        string name, string group, string unit, string meaning, MetricLevel level = MetricLevel.Detailed,
        MetricGranularity finest = MetricGranularity.Stream) =>
        new(name, MetricKind.Gauge, unit, level, finest, group, meaning);
}
