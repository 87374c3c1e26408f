namespace Orleans.Kpl;

/// <summary>
/// How the records of one stream travel: KPL's settings under KPL's names
/// (<c>KinesisProducerConfiguration</c>), and ours beside them.
/// </summary>
public class StreamOptions
{
    private TimeSpan? _requestTimeout;

    /// <summary>Whether records share Kinesis records. Default true. Off, each record travels alone; limits stay in force.</summary>
    public bool AggregationEnabled { get; set; } = true;

    /// <summary>User records per aggregate at most. Default 4,294,967,295; 1 to 2^63 − 1.</summary>
    public long AggregationMaxCount { get; set; } = uint.MaxValue;

    /// <summary>
    /// Bytes per aggregate at most. Default 51,200; 64 to 10,485,760. On ordered streams half a second of the shard's rate bounds
    /// them instead, because an aggregate grows while another one of its shard is in flight.
    /// </summary>
    public long AggregationMaxSize { get; set; } = 51_200;

    /// <summary>Kinesis records per PutRecords at most. Default 500; 1 to 500.</summary>
    public int CollectionMaxCount { get; set; } = 500;

    /// <summary>Bytes per PutRecords at most, keys counted. Default 5,242,880; 52,224 to 10,485,760 (AWS: PutRecords).</summary>
    public long CollectionMaxSize { get; set; } = 5_242_880;

    /// <summary>The batching budget: how long a record may wait for company. Default 100 ms; 0 to 24 days.</summary>
    public TimeSpan RecordMaxBufferedTime { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>A record that is not delivered by then ends with code <c>Expired</c>, or stays in the backlog. Default 30 s; 100 ms to 24 days.</summary>
    public TimeSpan RecordTtl { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Per cent of a shard's 1,000 records/s and 1 MiB/s that this producer may use. Default 100 (KPL: 150); 1 to
    /// 1,000,000,000.
    /// </summary>
    public long RateLimit { get; set; } = 100;

    /// <summary>How much of both rates a shard's bucket holds; at least one aggregate. Default 100 ms; 1 ms to 60 s.</summary>
    public TimeSpan BurstTime { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Whether a throttled record fails at once instead of being tried again. Default false.</summary>
    public bool FailIfThrottled { get; set; }

    /// <summary>
    /// Bytes of key and data of one record at most; the stream's own limit applies too. Default 10,485,760; 64 to 10,485,760.
    /// </summary>
    public long MaxUserRecordSize { get; set; } = 10_485_760;

    /// <summary>Attempts per record at most; 0 = none, the time-to-live ends it. Default 0; 0 to 1,000,000.</summary>
    public int MaxAttempts { get; set; }

    /// <summary>How the wait between attempts grows. Default Exponential.</summary>
    public BackoffKind Backoff { get; set; } = BackoffKind.Exponential;

    /// <summary>The first wait between attempts. Default 50 ms; 1 ms to 1 h.</summary>
    public TimeSpan BackoffInitial { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>The longest wait between attempts. Default 5 s; 1 ms to 1 h, not below <see cref="BackoffInitial"/>.</summary>
    public TimeSpan BackoffMax { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>What happens when there is no room. Default Block.</summary>
    public HighWaterMode HighWaterMode { get; set; } = HighWaterMode.Block;

    /// <summary>Records of this stream in memory at most; 0 = no limit of its own. Default 0.</summary>
    public long MaxOutstandingRecords { get; set; }

    /// <summary>
    /// Bytes in memory at most, each record charged data + keys + 160. Default 268,435,456; 1,048,576 to 2^63 − 1.
    /// For the process it bounds all streams together, for a stream its share.
    /// </summary>
    public long MaxOutstandingBytes { get; set; } = 256L << 20;

    /// <summary>When a put counts as answered, where it does not say itself. Default Delivered.</summary>
    public AckLevel AckLevel { get; set; } = AckLevel.Delivered;

    /// <summary>
    /// Whether the order in which records were accepted is kept within each shard, and by which call. Default Off.
    /// <see cref="OrderedMode.PutRecord"/> needs <see cref="AggregationEnabled"/> and <see cref="Kpl.ContainerKey.A"/>.
    /// </summary>
    public OrderedMode Ordered { get; set; } = OrderedMode.Off;

    /// <summary>The partition key of aggregates. Default A, byte for byte as KPL.</summary>
    public ContainerKey ContainerKey { get; set; } = ContainerKey.A;

    /// <summary>Whether throttles by Kinesis lower the rate for that shard. Default true.</summary>
    public bool AdaptiveRate { get; set; } = true;

    /// <summary>
    /// How long one request may take, connecting included. Default 6 s, and 15 s where <see cref="Ordered"/> is not Off, so that the
    /// service has given up on a request before its records are sent again; 100 ms to 600 s.
    /// </summary>
    public TimeSpan RequestTimeout
    {
        get => _requestTimeout ?? TimeSpan.FromSeconds(Ordered == OrderedMode.Off ? 6 : 15);
        set => _requestTimeout = value;
    }

    /// <summary>PutRecords calls, or PutRecord calls, of this stream under way at once at most. Default 24; 1 to 256.</summary>
    public int MaxConnections { get; set; } = 24;

    /// <summary>
    /// The dialect of PutRecords and PutRecord; all other calls are JSON. Default Json, which is what AWS documents. <see cref="WireFormat.Cbor"/>
    /// saves base64, a quarter of the bytes that are hashed and sent. An endpoint that refuses it gets the same call once more in JSON, within
    /// <see cref="RequestTimeout"/>, and only JSON from then on until the process ends; the log tells it once.
    /// </summary>
    public WireFormat WireFormat { get; set; } = WireFormat.Json;

    /// <summary>
    /// Bytes in the backlog at most, as its segments lie there; a record beyond fails with <c>BacklogFull</c>. Default 10 GiB; 1,048,576 to 2^63 −
    /// 1.
    /// </summary>
    public long BacklogMaxBytes { get; set; } = 10L << 30;

    /// <summary>A record that has been in the backlog for so long is set aside as a dead letter. Default 7 days; 1 s to 365 days.</summary>
    public TimeSpan BacklogMaxAge { get; set; } = TimeSpan.FromDays(7);

    /// <summary>An IAM role to assume for this stream; null for the process' own credentials. Default null.</summary>
    public string? RoleArn { get; set; }

    /// <summary>A copy that can be changed without touching this one.</summary>
    public StreamOptions Clone() => (StreamOptions)MemberwiseClone();
}
