namespace Orleans.Kpl.Settings;

/// <summary>The settings that each stream can override.</summary>
internal static class StreamSettings
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan Millisecond = TimeSpan.FromMilliseconds(1);

    public static IReadOnlyList<Setting<StreamOptions>> All { get; } =
    [
        Of("AggregationEnabled", "Whether records share Kinesis records; off, each travels alone and limits stay in force.",
            Choice.Switch, o => o.AggregationEnabled, (o, v) => o.AggregationEnabled = v),
        Of("AggregationMaxCount", "User records per aggregate at most.",
            new WholeNumber(1, long.MaxValue, unit: "records"), o => o.AggregationMaxCount, (o, v) => o.AggregationMaxCount = v),
        Of("AggregationMaxSize", "Bytes per aggregate at most; the stream's own record limit applies too. On ordered streams half a second of the shard's rate bounds them instead: an aggregate grows while another one of its shard is in flight.",
            new WholeNumber(64, 10_485_760, unit: "bytes"), o => o.AggregationMaxSize, (o, v) => o.AggregationMaxSize = v),
        Of("CollectionMaxCount", "Kinesis records per PutRecords at most.",
            new WholeNumber(1, 500, caps: true, unit: "records"), o => o.CollectionMaxCount, (o, v) => o.CollectionMaxCount = (int)v),
        Of("CollectionMaxSize", "Bytes per PutRecords at most, keys counted.",
            new WholeNumber(52_224, 10_485_760, caps: true, unit: "bytes"), o => o.CollectionMaxSize, (o, v) => o.CollectionMaxSize = v),
        Of("RecordMaxBufferedTime", "The batching budget: how long a record may wait for company.",
            new Duration(TimeSpan.Zero, 24 * Day, caps: true), o => o.RecordMaxBufferedTime, (o, v) => o.RecordMaxBufferedTime = v),
        Of("RecordTtl", "A record that is not delivered by then ends with code `Expired`, or stays in the backlog where it is there.",
            new Duration(100 * Millisecond, 24 * Day, caps: true), o => o.RecordTtl, (o, v) => o.RecordTtl = v),
        Of("RateLimit", "Per cent of a shard's 1,000 records/s and 1 MiB/s that this producer may use. KPL's default is 150.",
            new WholeNumber(1, 1_000_000_000, caps: true, unit: "per cent"), o => o.RateLimit, (o, v) => o.RateLimit = v),
        Of("BurstTime", "How much of both rates a shard's bucket holds; at least one aggregate.",
            new Duration(Millisecond, 60_000 * Millisecond), o => o.BurstTime, (o, v) => o.BurstTime = v),
        Of("AdaptiveRate", "Whether throttles by Kinesis lower the rate for that shard.",
            Choice.Switch, o => o.AdaptiveRate, (o, v) => o.AdaptiveRate = v),
        Of("FailIfThrottled", "Whether a throttled record fails at once instead of being tried again.",
            Choice.Switch, o => o.FailIfThrottled, (o, v) => o.FailIfThrottled = v),
        Of("ProducerNumbers", "Whether each record carries a producer number, by which consumers drop repeats, on streams without order too. Every Kinesis "
            + "record is then an aggregate.",
            Choice.Switch, o => o.ProducerNumbers, (o, v) => o.ProducerNumbers = v),
        Of("MaxUserRecordSize", "Bytes of key and data of one record at most; the stream's own record limit applies too. KPL's default is 1 MiB.",
            new WholeNumber(64, 10_485_760, unit: "bytes"), o => o.MaxUserRecordSize, (o, v) => o.MaxUserRecordSize = v),
        Of("MaxAttempts", "Attempts per record at most; 0 = none of its own, the time-to-live ends it.",
            new WholeNumber(0, 1_000_000, unit: "attempts"), o => o.MaxAttempts, (o, v) => o.MaxAttempts = (int)v),
        Of("Backoff", "How the wait between attempts grows.",
            Choice.Of<BackoffKind>(), o => o.Backoff, (o, v) => o.Backoff = v),
        Of("BackoffInitial", "The first wait between attempts.",
            new Duration(Millisecond, Hour), o => o.BackoffInitial, (o, v) => o.BackoffInitial = v),
        Of("BackoffMax", "The longest wait between attempts; not below `BackoffInitial`.",
            new Duration(Millisecond, Hour), o => o.BackoffMax, (o, v) => o.BackoffMax = v),
        Of("HighWaterMode", "What happens to a record when memory is full, or its shard has what it takes in half the time-to-live: it waits, or fails with `Dropped`, or goes to the durable backlog (`Spill`), which needs `Backlog:Directory` or a tier with DynamoDB.",
            Choice.Of<HighWaterMode>(), o => o.HighWaterMode, (o, v) => o.HighWaterMode = v),
        Of("MaxOutstandingRecords", "Records in memory at most; 0 = no limit of its own.",
            new WholeNumber(0, long.MaxValue, unit: "records"), o => o.MaxOutstandingRecords, (o, v) => o.MaxOutstandingRecords = v),
        Of("MaxOutstandingBytes", "Bytes in memory at most, each record charged data + keys + 160. In `Kpl` it bounds all streams together, in `Kpl:Streams:NAME` that stream.",
            new WholeNumber(1_048_576, long.MaxValue, unit: "bytes"), o => o.MaxOutstandingBytes, (o, v) => o.MaxOutstandingBytes = v),
        Of("AckLevel", "When a put counts as answered, where it does not say itself. `Persisted`, in the durable backlog, needs `Backlog:Directory` or a tier with DynamoDB.",
            Choice.Of<AckLevel>(), o => o.AckLevel, (o, v) => o.AckLevel = v),
        Of("Ordered", "Whether the order of a stream's records is kept within each shard, and by which call. `PutRecord` needs `AggregationEnabled` and `ContainerKey` `A`.",
            Choice.Of<OrderedMode>(), o => o.Ordered, (o, v) => o.Ordered = v),
        Of("ContainerKey", "The partition key of aggregates: `a`, byte for byte as KPL, or that of the first member. With `SameKeyOnly` all members have one key, at most 64 aggregates are open in a shard, and the oldest leaves; not on ordered streams.",
            Choice.Of<ContainerKey>(), o => o.ContainerKey, (o, v) => o.ContainerKey = v),
        Of("RequestTimeout", "How long one request may take, connecting included. 15 s by default on ordered streams.",
            new Duration(100 * Millisecond, TimeSpan.FromSeconds(600)), o => o.RequestTimeout, (o, v) => o.RequestTimeout = v),
        Of("MaxConnections", "PutRecords or PutRecord calls of a stream under way at once at most.",
            new WholeNumber(1, 256, unit: "calls"), o => o.MaxConnections, (o, v) => o.MaxConnections = (int)v),
        Of("WireFormat", "The dialect in which records are written: AWS JSON 1.1, or CBOR, which is a quarter fewer bytes to hash and to send; JSON again where the endpoint refuses it.",
            Choice.Of<WireFormat>(), o => o.WireFormat, (o, v) => o.WireFormat = v),
        Of("BacklogMaxBytes", "Bytes of the stream in the backlog at most, compressed; a record beyond fails with `BacklogFull`, or waits with `Spill` until others were delivered.",
            new WholeNumber(1_048_576, long.MaxValue, unit: "bytes"), o => o.BacklogMaxBytes, (o, v) => o.BacklogMaxBytes = v),
        Of("BacklogMaxAge", "A record that has been in the backlog for so long is set aside as a dead letter.",
            new Duration(1_000 * Millisecond, 365 * Day), o => o.BacklogMaxAge, (o, v) => o.BacklogMaxAge = v),
        Of("FrontAggregate", "Whether records that come through the Kinesis front are aggregated, for consumers that take aggregates apart; off, each has a sequence number of its own.",
            Choice.Switch, o => o.FrontAggregate, (o, v) => o.FrontAggregate = v),
        Of("RoleArn", "An IAM role to assume for a stream.",
            new Text("the ARN of an IAM role", v => v.StartsWith("arn:", StringComparison.Ordinal) && v.Contains(":role/", StringComparison.Ordinal)),
            o => o.RoleArn, (o, v) => o.RoleArn = v),
        Of("RoleExternalId", "What the owner of `RoleArn` asks of others who assume it; only with `RoleArn`.",
            new Text("2 to 1224 letters, digits and + = , . @ : / - _", v => v.Length is >= 2 and <= 1_224 && v.All(c => IsOfSts(c) || c is ':' or '/')),
            o => o.RoleExternalId, (o, v) => o.RoleExternalId = v),
        Of("RoleSessionName", "The session of `RoleArn` as CloudTrail shows it; without it `orleans-kpl`.",
            new Text("2 to 64 letters, digits and + = , . @ - _", v => v.Length is >= 2 and <= 64 && v.All(IsOfSts)),
            o => o.RoleSessionName, (o, v) => o.RoleSessionName = v),
    ];

    private static bool IsOfSts(char c) => char.IsAsciiLetterOrDigit(c) || c is '+' or '=' or ',' or '.' or '@' or '-' or '_';

    private static Setting<StreamOptions, T> Of<T>(
        string name, string description, SettingValue<T> value, Func<StreamOptions, T> get, Action<StreamOptions, T> set) =>
        new(name, KplSettingScope.Stream, description, value, get, set, []);
}
