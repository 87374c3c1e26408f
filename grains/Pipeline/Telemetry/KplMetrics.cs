using System.Runtime.CompilerServices;

namespace Orleans.Kpl.Pipeline.Telemetry;

/// <summary>
/// The table of all metrics. The instruments are made from it, and docs/metrics.md is written from it. Levels and granularities of KPL's own are
/// KPL's (<c>metrics.md</c> there). Each metric has the name of its field. The fields are in the order of the documentation.
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
    private static readonly List<MetricDefinition> Added = [];

    public static readonly MetricDefinition UserRecordsReceived =
        Count(Records, "{record}",
            "user records accepted, with those that a restart or a takeover found in the backlog or set aside, and dead letters that are put again");
    public static readonly MetricDefinition UserRecordsPut = Shard(Records, "{record}", "user records delivered", MetricLevel.Summary);
    public static readonly MetricDefinition UserRecordsFailed =
        Shard(Records, "{record}", "user records that ended without success; those with an unknown outcome are counted beside them", MetricLevel.Summary);
    public static readonly MetricDefinition UserRecordsUnknown =
        Shard(Records, "{record}", "user records whose outcome is unknown: Kinesis may have them or not", MetricLevel.Summary);
    public static readonly MetricDefinition UserRecordExpired =
        Shard(Records, "{record}", "user records that ended as `Expired`, which `UserRecordsFailed` counts too", MetricLevel.Summary);
    public static readonly MetricDefinition UserRecordsDataPut = Shard(Records, "By", "data delivered; not told by a client of the tier");
    public static readonly MetricDefinition KinesisRecordsPut =
        Shard(Records, "{record}", "Kinesis records that Kinesis accepted", MetricLevel.Summary);
    public static readonly MetricDefinition KinesisRecordsDataPut = Shard(Records, "By", "payload that Kinesis accepted");
    public static readonly MetricDefinition UserRecordsPerKinesisRecord =
        Distribution(Records, "{record}", "user records of each Kinesis record of a call", MetricGranularity.Shard);
    public static readonly MetricDefinition KinesisRecordsPerPutRecordsRequest = Distribution(Records, "{record}", "Kinesis records of each call");
    public static readonly MetricDefinition UserRecordsPerPutRecordsRequest = Distribution(Records, "{record}", "user records of each call");
    public static readonly MetricDefinition BufferingTime =
        Distribution(Attempts, "ms",
            "for each user record and attempt: from its acceptance, or from the end of its attempt before, to the beginning of the attempt",
            MetricGranularity.Shard, MetricLevel.Summary);
    public static readonly MetricDefinition RequestTime = Distribution(Attempts, "ms", "each PutRecords call, answered or failed");
    public static readonly MetricDefinition RetriesPerRecord =
        Distribution(Attempts, "{attempt}", "attempts after the first, for each user record that ended and had an attempt", MetricGranularity.Shard);
    public static readonly MetricDefinition AcceptWait =
        Distribution(Attempts, "ms", "for each wait of a put for memory, or for one of its shards: how long (back-pressure)", level: MetricLevel.Summary);
    public static readonly MetricDefinition AllErrors =
        Shard(Errors, "{error}", "Kinesis records that were refused, and calls that failed", MetricLevel.Summary);
    public static readonly MetricDefinition ErrorsByCode =
        Shard(Errors, "{error}", "those of `AllErrors`, with the tag `ErrorCode`", MetricLevel.Summary);
    public static readonly MetricDefinition WrongShard =
        Shard(Errors, "{record}", "Kinesis records that another shard than the predicted one took; the tag is the predicted one");
    public static readonly MetricDefinition OrderViolations =
        Shard(Errors, "{record}",
            "Kinesis records of ordered streams whose sequence number is not above the one before it from their shard", MetricLevel.Summary);
    public static readonly MetricDefinition UserRecordsPending = Gauge(Now, "{record}", "user records that have not ended");
    public static readonly MetricDefinition OutstandingBytes = Gauge(Now, "By", "memory that accepted records hold");
    public static readonly MetricDefinition OldestRecordAge =
        Gauge(Now, "s", "how long the oldest record without an outcome has been waiting; 0 for none", MetricLevel.Summary);
    public static readonly MetricDefinition OpenShards = Gauge(Tier, "{shard}", "open shards that this process serves", MetricLevel.Summary);
    public static readonly MetricDefinition ShardUtilisation =
        Gauge(Tier, "1",
            "what was offered to a shard in the last whole minute, as a share of what it takes; above 1 it cannot keep up", finest: MetricGranularity.Shard);
    public static readonly MetricDefinition ForeignShare =
        Gauge(Tier, "1", "the share of a shard's rate, 0 to 1, that is left to other writers, as throttles tell", finest: MetricGranularity.Shard);
    public static readonly MetricDefinition KinesisRelayed =
        Gauge(Tier, "{stream}", "1 while other silos make this silo's calls of the stream, as it does not reach Kinesis; otherwise 0", MetricLevel.Summary);
    public static readonly MetricDefinition OwnerMoves = Count(Tier, "{shard}", "shards that this silo began to serve");
    public static readonly MetricDefinition UserRecordsAimed =
        Count(Tier, "{record}", "user records that a busy client of the tier gave to the silo that says it serves them");
    public static readonly MetricDefinition UserRecordsAimedWrong =
        Count(Tier, "{record}", "those of `UserRecordsAimed` that another silo sends: they took one hop more");
    public static readonly MetricDefinition Reshards =
        Count(Tier, "{operation}", "operations on shards that ended, with the tag `Result`: `done`, `stopped` or `failed`", MetricLevel.Summary);
    public static readonly MetricDefinition BacklogRecords = Gauge(Backlog, "{record}", "user records that wait in the durable backlog");
    public static readonly MetricDefinition BacklogBytes = Gauge(Backlog, "By", "what the segments of the backlog take in the store");
    public static readonly MetricDefinition BacklogAge =
        Gauge(Backlog, "s", "how long the oldest record has been waiting in the backlog", MetricLevel.Summary);
    public static readonly MetricDefinition BacklogStoreUnusable =
        Gauge(Backlog, "{store}", "1 while the backlog's store cannot be used, or not for everything; otherwise 0", MetricLevel.Summary);
    public static readonly MetricDefinition BacklogWriteUnits =
        Add(
            MetricKind.ObservableCounter, Backlog, "{unit}", "DynamoDB write units of the backlog, without those of dead letters", MetricLevel.Detailed,
            MetricGranularity.Stream);
    public static readonly MetricDefinition BacklogCost =
        Add(
            MetricKind.ObservableCounter, Backlog, "{USD}", "what `BacklogWriteUnits` cost at `Backlog:WriteUnitPrice`",
            MetricLevel.Detailed, MetricGranularity.Stream);
    public static readonly MetricDefinition UserRecordsSpilled =
        Count(Backlog, "{record}", "user records that went to the backlog because memory was full, or rather than end undelivered", MetricLevel.Summary);
    public static readonly MetricDefinition UserRecordsDeadLettered =
        Count(Backlog, "{record}", "user records of the backlog that were set aside", MetricLevel.Summary);
    public static readonly MetricDefinition BacklogSegmentsDamaged =
        Count(Backlog, "{segment}", "segments that could not be read and were moved out of the way", MetricLevel.Summary);

    /// <summary>The metric of collectors: the instruments of producers do not have it.</summary>
    public static readonly MetricDefinition MetricsUploads =
        Add(MetricKind.Counter, Uploads, "{upload}",
            "uploads of collected metrics to a sink, with the tag `Result`: `done`, or `failed` where values are left for the next one",
            MetricLevel.Summary, MetricGranularity.Sink);

    /// <summary>Every metric, in the order of the documentation.</summary>
    public static IReadOnlyList<MetricDefinition> All => Added;

    private static MetricDefinition Count(
        string group, string unit, string meaning, MetricLevel level = MetricLevel.Detailed, [CallerMemberName] string name = "") =>
        Add(MetricKind.Counter, group, unit, meaning, level, MetricGranularity.Stream, name);

    private static MetricDefinition Shard(
        string group, string unit, string meaning, MetricLevel level = MetricLevel.Detailed, [CallerMemberName] string name = "") =>
        Add(MetricKind.Counter, group, unit, meaning, level, MetricGranularity.Shard, name);

    private static MetricDefinition Distribution(
        string group, string unit, string meaning, MetricGranularity finest = MetricGranularity.Stream, MetricLevel level = MetricLevel.Detailed,
        [CallerMemberName] string name = "") =>
        Add(MetricKind.Histogram, group, unit, meaning, level, finest, name);

    private static MetricDefinition Gauge(
        string group, string unit, string meaning, MetricLevel level = MetricLevel.Detailed, MetricGranularity finest = MetricGranularity.Stream,
        [CallerMemberName] string name = "") =>
        Add(MetricKind.Gauge, group, unit, meaning, level, finest, name);

    private static MetricDefinition Add(
        MetricKind kind, string group, string unit, string meaning, MetricLevel level, MetricGranularity finest, [CallerMemberName] string name = "")
    {
        var metric = new MetricDefinition(name, kind, unit, level, finest, group, meaning);
        Added.Add(metric);
        return metric;
    }
}
