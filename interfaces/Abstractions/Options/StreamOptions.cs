namespace Orleans.Kpl;

/// <summary>How the records of one stream are sent: KPL's settings under KPL's names (<c>KinesisProducerConfiguration</c>), and this library's own.</summary>
public class StreamOptions
{
    private TimeSpan? _requestTimeout;

    /// <summary>Whether user records share Kinesis records. Default true. If off, each record is sent alone; limits stay in force.</summary>
    public bool AggregationEnabled { get; set; } = true;

    /// <summary>The maximum number of user records per aggregate. Default 4,294,967,295; 1 to 2^63 − 1.</summary>
    public long AggregationMaxCount { get; set; } = uint.MaxValue;

    /// <summary>
    /// The maximum number of bytes per aggregate; the stream's own record limit applies too. Default 51,200; 64 to 10,485,760. On ordered streams half a
    /// second of the shard's rate is the limit instead, because an aggregate grows while another one of its shard is in flight.
    /// </summary>
    public long AggregationMaxSize { get; set; } = 51_200;

    /// <summary>The maximum number of Kinesis records per PutRecords. Default 500; 1 to 500.</summary>
    public int CollectionMaxCount { get; set; } = 500;

    /// <summary>The maximum number of bytes per PutRecords, keys included. Default 5,242,880; 52,224 to 10,485,760 (AWS: PutRecords).</summary>
    public long CollectionMaxSize { get; set; } = 5_242_880;

    /// <summary>
    /// The linger: how long a record may wait to be batched with others, at most half of its time-to-live. Default 100 ms; 0 to 24 days.
    /// </summary>
    public TimeSpan RecordMaxBufferedTime { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// The time-to-live of a record. An undelivered record then fails with code <c>Expired</c>, or stays in the backlog. Default 30 s; 100 ms to 24 days.
    /// </summary>
    public TimeSpan RecordTtl { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The percentage of a shard's 1,000 records/s and 1 MiB/s that this producer may use. Default 100 (KPL: 150); 1 to 1,000,000,000.</summary>
    public long RateLimit { get; set; } = 100;

    /// <summary>
    /// The maximum number of Kinesis records per second that this producer puts into one shard; the lower of this and <see cref="RateLimit"/> applies.
    /// Default 0: only <see cref="RateLimit"/> applies; 0 to 1,000,000,000.
    /// </summary>
    public long ShardRecordsPerSecond { get; set; }

    /// <summary>
    /// The maximum number of bytes per second, partition keys included, that this producer puts into one shard; the lower of this and
    /// <see cref="RateLimit"/> applies. Default 0: only <see cref="RateLimit"/> applies; 0 to 1,000,000,000,000.
    /// </summary>
    public long ShardBytesPerSecond { get; set; }

    /// <summary>
    /// The capacity of a shard's token bucket, as the time in which both rates fill it; it holds at least one aggregate. Default 100 ms; 1 ms to 60 s.
    /// </summary>
    public TimeSpan BurstTime { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// Whether a throttled record fails at once instead of being tried again. Default false. On an ordered stream with a backlog, records of the
    /// backlog are tried again all the same; in a cluster, so is each record that a silo forwards to another one.
    /// </summary>
    public bool FailIfThrottled { get; set; }

    /// <summary>
    /// Whether each record of a stream without order carries a producer number, by which a consumer can drop repeats. Aggregated records of ordered streams
    /// carry one anyway; with this setting they keep it in the backlog too, and where they come back from another silo. Every Kinesis record is then an
    /// aggregate, and a record may have 160 bytes less than the stream's limit; 927 less with another <see cref="ContainerKey"/> than
    /// <see cref="Kpl.ContainerKey.A"/>. Default false.
    /// </summary>
    public bool ProducerNumbers { get; set; }

    /// <summary>The maximum number of bytes of key and data of one record; the stream's own limit applies too. Default 10,485,760; 64 to 10,485,760.</summary>
    public long MaxUserRecordSize { get; set; } = 10_485_760;

    /// <summary>The maximum number of attempts per record; 0 = no limit but the time-to-live. One that was not made
    /// (<see cref="RecordErrorCodes.LeaseLost"/>) does not count, nor does a call that was sent again in halves. Default 0; 0 to 1,000,000.</summary>
    public int MaxAttempts { get; set; }

    /// <summary>How the wait between attempts grows. Default Exponential.</summary>
    public BackoffKind Backoff { get; set; } = BackoffKind.Exponential;

    /// <summary>The first wait between attempts. Default 50 ms; 1 ms to 1 h.</summary>
    public TimeSpan BackoffInitial { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>The longest wait between attempts. Default 5 s; 1 ms to 1 h, not below <see cref="BackoffInitial"/>.</summary>
    public TimeSpan BackoffMax { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// What happens to a record when the memory limit is reached, or when as many records wait for its shard as it takes in half the time-to-live. Default
    /// Block.
    /// </summary>
    public HighWaterMode HighWaterMode { get; set; } = HighWaterMode.Block;

    /// <summary>
    /// The maximum number of records in memory; 0 = no limit of its own. Default 0; 0 to 2^63 − 1. For the process it limits all streams together, for a
    /// stream its share.
    /// </summary>
    public long MaxOutstandingRecords { get; set; }

    /// <summary>
    /// The memory limit in bytes; each record is charged data + keys + 160. Default 268,435,456; 1,048,576 to 2^63 − 1. For the
    /// process it limits all streams together, for a stream its share.
    /// </summary>
    public long MaxOutstandingBytes { get; set; } = 256L << 20;

    /// <summary>When a put counts as acknowledged, unless its own options say so. Default Delivered.</summary>
    public AckLevel AckLevel { get; set; } = AckLevel.Delivered;

    /// <summary>
    /// Whether the order in which records were accepted is kept within each shard, and by which call. Default Off.
    /// <see cref="OrderedMode.PutRecord"/> needs <see cref="AggregationEnabled"/> and <see cref="Kpl.ContainerKey.A"/>.
    /// </summary>
    public OrderedMode Ordered { get; set; } = OrderedMode.Off;

    /// <summary>
    /// How records find their shards. Default <see cref="RoutingMode.ByKey"/>. <see cref="RoutingMode.Even"/> is not for streams with <see cref="Ordered"/>
    /// or <see cref="Kpl.ContainerKey.SameKeyOnly"/>.
    /// </summary>
    public RoutingMode Routing { get; set; } = RoutingMode.ByKey;

    /// <summary>The partition key of aggregates, and whether they have records of one key only. Default A, byte for byte as KPL.</summary>
    public ContainerKey ContainerKey { get; set; } = ContainerKey.A;

    /// <summary>Whether throttling by Kinesis lowers the rate for that shard. Default true.</summary>
    public bool AdaptiveRate { get; set; } = true;

    /// <summary>
    /// The time limit of one request, connecting included. Default 6 s, or 15 s if <see cref="Ordered"/> is not Off, so that the
    /// service has given up on a request before its records are sent again; 100 ms to 600 s.
    /// </summary>
    public TimeSpan RequestTimeout
    {
        get => _requestTimeout ?? TimeSpan.FromSeconds(Ordered == OrderedMode.Off ? 6 : 15);
        set => _requestTimeout = value;
    }

    /// <summary>The maximum number of concurrent PutRecords or PutRecord calls of this stream. Default 24; 1 to 256.</summary>
    public int MaxConnections { get; set; } = 24;

    /// <summary>
    /// The wire format of PutRecords and PutRecord; all other calls use JSON. Default <see cref="WireFormat.Auto"/>: CBOR at AWS's own endpoints, JSON at
    /// any other. If an endpoint rejects CBOR, the same call is repeated once in JSON within <see cref="RequestTimeout"/>. From then until the process ends
    /// only JSON is used, and the log says so once.
    /// </summary>
    public WireFormat WireFormat { get; set; } = WireFormat.Auto;

    /// <summary>
    /// The maximum number of bytes in the backlog, as the store holds its segments; a record beyond the limit fails with <c>BacklogFull</c>, or
    /// with <see cref="Kpl.HighWaterMode.Spill"/> waits until others were delivered. Default 10 GiB; 1,048,576 to 2^63 − 1.
    /// </summary>
    public long BacklogMaxBytes { get; set; } = 10L << 30;

    /// <summary>The maximum age of a record in the backlog; an older record is set aside as a dead letter. Default 7 days; 1 s to 365 days.</summary>
    public TimeSpan BacklogMaxAge { get; set; } = TimeSpan.FromDays(7);

    /// <summary>
    /// Whether records that come through the Kinesis front are aggregated; otherwise each is a Kinesis record with a sequence number of its own, as
    /// clients of Kinesis expect. Default false.
    /// </summary>
    public bool FrontAggregate { get; set; }

    /// <summary>An IAM role to assume for this stream; null for the process' own credentials. Default null.</summary>
    public string? RoleArn { get; set; }

    /// <summary>
    /// The id that the role's owner asks of others who assume it (STS <c>ExternalId</c>). Default null; 2 to 1,224 letters, digits and + = , . @ : / - _.
    /// </summary>
    public string? RoleExternalId { get; set; }

    /// <summary>The name of the role's session, as CloudTrail shows it. Default null: <c>orleans-kpl</c>; 2 to 64 letters, digits and + = , . @ - _.</summary>
    public string? RoleSessionName { get; set; }

    /// <summary>
    /// Returns the credentials for this stream, in place of the process' own; can only be set in code. See <see cref="KinesisOptions.Credentials"/>. With
    /// <see cref="RoleArn"/> they are used to assume the role. Default null.
    /// </summary>
    public Func<CancellationToken, ValueTask<KinesisCredentials>>? Credentials { get; set; }

    /// <summary>Returns an independent copy of these options.</summary>
    public virtual StreamOptions Clone() => Copy();

    /// <summary>Returns a copy of what is set for a stream; what a process has beside that is shared.</summary>
    internal StreamOptions Copy() => (StreamOptions)MemberwiseClone();
}

/// <summary>How the wait between two attempts grows. Each wait is drawn at random between half of the value and the whole value.</summary>
public enum BackoffKind
{
    /// <summary>Doubles from <c>BackoffInitial</c> to <c>BackoffMax</c>. The default.</summary>
    Exponential = 0,

    /// <summary>Grows by <c>BackoffInitial</c> up to <c>BackoffMax</c>.</summary>
    Linear,

    /// <summary>Stays <c>BackoffInitial</c>.</summary>
    Constant,
}

/// <summary>
/// What happens to a record when the memory limit is reached, or when as many records wait for its shard as it takes in half the time-to-live.
/// </summary>
public enum HighWaterMode
{
    /// <summary>The caller waits. The default.</summary>
    Block = 0,

    /// <summary>The record fails at once with code <c>Dropped</c>.</summary>
    Drop,

    /// <summary>
    /// The caller waits for a moment. While memory stays scarce, records go to the durable backlog and are delivered from there, without operator action.
    /// Needs the backlog: <see cref="BacklogOptions.Directory"/>, or silos with <see cref="ClusterMembership.DynamoDb"/>.
    /// </summary>
    Spill,
}

/// <summary>
/// Whether a stream keeps the order in which its records were accepted, within each shard, and by which call. Records first appear in that order. A record
/// whose attempt was ambiguous (no answer, an InternalFailure) may appear again later, under the same producer number.
/// </summary>
public enum OrderedMode
{
    /// <summary>No order is kept. The default.</summary>
    Off = 0,

    /// <summary>
    /// One PutRecord at a time per shard, with SequenceNumberForOrdering: the only order that AWS guarantees (API reference, PutRecord). A call carries one
    /// shard's records, so with many shards <see cref="StreamOptions.MaxConnections"/> may have to be raised.
    /// </summary>
    PutRecord,

    /// <summary>
    /// One Kinesis record per shard in flight, with records of several shards in one PutRecords call. AWS does not guarantee this
    /// order (API reference, PutRecords); the returned sequence numbers are used to check it.
    /// </summary>
    PutRecords,
}

/// <summary>How records find their shards.</summary>
public enum RoutingMode
{
    /// <summary>By the MD5 of the partition key, or by the explicit hash key, as KPL. The default.</summary>
    ByKey = 0,

    /// <summary>
    /// To the shard that has most tokens, for records whose key means nothing: ranges of different sizes, a shard that throttles and other writers cost no
    /// throughput. Each record gets an explicit hash key of its shard, drawn for each aggregate, and keeps its partition key; a record that has an explicit
    /// hash key goes by that. Records of one key are on different shards.
    /// </summary>
    Even,
}

/// <summary>The partition key of an aggregate.</summary>
public enum ContainerKey
{
    /// <summary>The letter <c>a</c>, as KPL. The default.</summary>
    A = 0,

    /// <summary>The partition key of the first member.</summary>
    First,

    /// <summary>
    /// The partition key of all members: an aggregate has records of one key only, so that consumers that share a shard by partition key (Lambda's
    /// parallelisation factor) keep each key's records together. At most 64 aggregates are open in a shard; then the oldest leaves. Streams with few
    /// records a key gain little from aggregation. Not on ordered streams.
    /// </summary>
    SameKeyOnly,
}

/// <summary>The dialect in which records are written to Kinesis.</summary>
public enum WireFormat
{
    /// <summary>
    /// AWS JSON 1.1, <c>application/x-amz-json-1.1</c>, with data in base64: the protocol that Kinesis' service model publishes.
    /// </summary>
    Json = 0,

    /// <summary>
    /// CBOR, <c>application/x-amz-cbor-1.1</c>, with raw data, as AWS's SDK for Java writes it: a quarter fewer bytes to hash and
    /// send, and no base64. If an endpoint rejects it, the same call is repeated once in JSON, and later calls use JSON at once.
    /// </summary>
    Cbor,

    /// <summary>
    /// The default: CBOR at AWS's own endpoints, those of a VPC included, and JSON at any other, which may not know CBOR. AWS's SDK for Java has spoken CBOR
    /// to Kinesis for years.
    /// </summary>
    Auto,
}
