namespace Orleans.Kpl.LocalKinesis;

/// <summary>Settings of a local Kinesis endpoint. Defaults are today's service in one region with one account.</summary>
public sealed class LocalKinesisOptions
{
    /// <summary>The clear-text port. Default: 4567; 0 takes a free one.</summary>
    public int Port { get; set; } = 4567;

    /// <summary>
    /// A TLS port with a self-signed certificate, in memory or in <see cref="TlsCertificateFile"/>; 0 takes a free one. Default: null, none.
    /// </summary>
    public int? TlsPort { get; set; }

    /// <summary>
    /// A PEM file with the TLS port's certificate and key. Where there is no such file, one is made for a year and written there, so that clients can be
    /// configured to trust it. Default: null, a certificate in memory. It needs <see cref="TlsPort"/> and a folder that exists. A file that is no such PEM,
    /// or has expired, is an <see cref="ArgumentException"/> of <see cref="LocalKinesisServer.StartAsync"/>.
    /// </summary>
    public string? TlsCertificateFile { get; set; }

    /// <summary>The address to listen on. Default: 127.0.0.1.</summary>
    public string Address { get; set; } = "127.0.0.1";

    /// <summary>The key whose signatures are accepted. Default: null, anything is accepted, signed or not.</summary>
    public SigningKey? CheckSignatures { get; set; }

    /// <summary>How shard write limits are enforced. Default: <c>bucket:1000</c>.</summary>
    public LimitModel LimitModel { get; set; } = LimitModel.Default;

    /// <summary>
    /// Whether the read limits hold: 5 GetShardIterator/s, 5 GetRecords/s and 2 MiB/s per shard, and 2 MiB/s of each registered consumer
    /// per shard. Default: true.
    /// </summary>
    public bool EnforceReadLimits { get; set; } = true;

    /// <summary>
    /// The maximum by which the arrival of a call is shifted for the write limits; the shift follows from <see cref="Seed"/>. No answer is delayed by it.
    /// Default: 20 ms. Range: 0 to 1 s.
    /// </summary>
    public TimeSpan ArrivalJitter { get; set; } = TimeSpan.FromMilliseconds(20);

    /// <summary>The seed of everything random. Default: 1.</summary>
    public int Seed { get; set; } = 1;

    /// <summary>
    /// How many bytes of the newest data all streams keep together. Older records are dropped, read or not. Default: 512 MiB. At least 1 MiB.
    /// </summary>
    public long RetentionBytes { get; set; } = 512L << 20;

    /// <summary>Whether applied records are kept or only counted. Default: <see cref="AccountMode.Records"/>.</summary>
    public AccountMode Account { get; set; } = AccountMode.Records;

    /// <summary>Open shards that the account may have. Default: 20,000.</summary>
    public int ShardLimit { get; set; } = 20_000;

    /// <summary>Request and record sizes. Default: <see cref="SizeLimits.Today"/>.</summary>
    public SizeLimits Sizes { get; set; } = SizeLimits.Today;

    /// <summary>How long a stream made through the API, and a consumer, stays CREATING. Default: 200 ms.</summary>
    public TimeSpan CreatingTime { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How long a stream stays DELETING (puts are still accepted then), and a consumer. Default: 200 ms.</summary>
    public TimeSpan DeletingTime { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>When shards switch in a reshard; <see cref="KinesisEndpoint.Reshards"/> changes it later. Default: after 100 ms.</summary>
    public ReshardTiming Reshards { get; set; } = new();

    /// <summary>How long a shard of an on-demand stream is throttled, without a second's pause, until it is split. Default: 5 s.</summary>
    public TimeSpan OnDemandSplitAfter { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Whether AWS's limits on control-plane calls hold, DescribeStreamSummary's 20 a second of the account for example.
    /// Default: false, so that tests may poll.
    /// </summary>
    public bool EnforceCallLimits { get; set; }

    /// <summary>How long a shard iterator lives. Default: 5 minutes, as AWS.</summary>
    public TimeSpan IteratorLifetime { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a NextToken lives. Default: 300 s, as AWS.</summary>
    public TimeSpan NextTokenLifetime { get; set; } = TimeSpan.FromSeconds(300);

    /// <summary>The clock. Default: the system's.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;
}

/// <summary>The extent to which the endpoint remembers the records it applied.</summary>
public enum AccountMode
{
    /// <summary>Every record that retention keeps, readable by consumers and by <see cref="KinesisEndpoint.GetApplied"/>.</summary>
    Records,

    /// <summary>Only how many and how large: no memory per record, and nothing to read back.</summary>
    Counts,
}

/// <summary>The one pair of keys whose signatures the endpoint accepts when it checks them.</summary>
public sealed record SigningKey(string AccessKeyId, string SecretAccessKey)
{
    /// <summary>The session token that must come with the key; null if none is needed.</summary>
    public string? SessionToken { get; init; }

    /// <summary>Never shows the secret.</summary>
    public override string ToString() => $"SigningKey {AccessKeyId}";
}

/// <summary>How large requests and records may be. The service's limits have changed; older clients and mocks keep the old ones.</summary>
/// <param name="MaxRequestBytes">Data and partition keys of one PutRecords call.</param>
/// <param name="MaxRecordBytes">The most that a stream's MaxRecordSizeInKiB may be raised to.</param>
public sealed record SizeLimits(int MaxRequestBytes, int MaxRecordBytes)
{
    /// <summary>A record of a stream that says nothing else: 1 MiB, data and partition key.</summary>
    public const int DefaultRecordBytes = 1_048_576;

    /// <summary>10 MiB requests; records of 1 MiB, up to 10 MiB where the stream's MaxRecordSizeInKiB says so.</summary>
    public static SizeLimits Today { get; } = new(10 * 1_048_576, 10 * 1_048_576);

    /// <summary>5 MiB requests and 1 MiB records; UpdateMaxRecordSize does not exist.</summary>
    public static SizeLimits Yesterday { get; } = new(5 * 1_048_576, DefaultRecordBytes);
}

/// <summary>When the shards of a stream that is being resharded switch, and when others learn of it.</summary>
public sealed record ReshardTiming
{
    /// <summary>From the call to the first cut-over, from which on writes go to the children. Default: 100 ms.</summary>
    public TimeSpan CutOverDelay { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// The number of further records after which the first cut-over takes place, if its parent takes them before <see cref="CutOverDelay"/> is over: in the
    /// middle of a PutRecords call that carries more. Default: null, by time alone.
    /// </summary>
    public int? CutOverAfterRecords { get; init; }

    /// <summary>Between the cut-overs of one UpdateShardCount: shards do not switch together. Default: 10 ms.</summary>
    public TimeSpan CutOverSpacing { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>How long the stream stays UPDATING after the last cut-over. Default: 200 ms.</summary>
    public TimeSpan UpdatingTime { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How long ListShards and DescribeStream go on showing the shards from before a cut-over. Default: 0.</summary>
    public TimeSpan ListShardsLag { get; init; }

    internal IEnumerable<string> Check()
    {
        foreach (var (name, span) in new[] { (nameof(CutOverDelay), CutOverDelay), (nameof(CutOverSpacing), CutOverSpacing),
            (nameof(UpdatingTime), UpdatingTime), (nameof(ListShardsLag), ListShardsLag) })
            if (span < TimeSpan.Zero || span > TimeSpan.FromDays(1)) yield return $"{name} {span} is outside 0 to 1 day";
        if (CutOverAfterRecords < 0) yield return $"{nameof(CutOverAfterRecords)} must not be negative";
    }
}
